/** A decoy beside its relay: it commits to a seed for each epoch, shapes by it, and shows it once the votes are fixed. */
import type { Logger } from 'pino'
import { type DecoyReveal, decoyCommitment, decoyLevelBps } from '../../proto/decoy.js'
import { type EpochClock, epochAt, epochEndMs, epochStartMs } from '../../proto/epoch.js'
import { keccakText } from '../../proto/hash.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { assign } from '../../verifier/core/assignment/assign.js'
import { slotStartMs } from '../../verifier/core/assignment/slots.js'
import { withLinks } from '../../verifier/core/facts.js'
import type { TxResult } from '../../verifier/core/ports.js'
import { isAbort, poll, until } from '../../verifier/node/waiting.js'
import { WALL_CLOCK } from '../../verifier/node/wall-clock.js'
import type { LevelTable } from '../profiles/forwarding/level-table.js'

const POLL_MS = 100

export interface DecoyOptions {
  /** connected with the provider's account, which shows the seeds */
  readonly chain: EthersChain
  /** connected with an account that nobody connects with the provider, which posts the commitments */
  readonly purse: EthersChain
  /** The seeds of all epochs follow from it. */
  readonly seed: string
  readonly table: LevelTable
  readonly log: Logger
  readonly stopping: AbortSignal
}

/** Until the node stops. @throws AbortError then, and Error if a commitment is refused */
export async function runDecoy(options: DecoyOptions): Promise<never> {
  const { chain, stopping } = options
  await commit(options, 1)
  const clock = await poll(() => chain.clock(), POLL_MS, stopping)
  let shapedBefore = false
  for (let epoch = Math.max(1, epochAt(clock, WALL_CLOCK.nowMs())); ; epoch++) {
    await until(epochStartMs(clock, epoch), WALL_CLOCK, stopping)
    const shaped = await shape(options, clock, epoch)
    await commit(options, epoch + 1)
    if (shapedBefore) await reveal(options, clock, epoch - 1)
    shapedBefore = shaped
  }
}

const rangeOf = ({ chain, seed }: DecoyOptions, epoch: number): DecoyReveal => ({
  ...{ provider: chain.account!, firstEpoch: epoch, lastEpoch: epoch },
  seed: keccakText(`decoy ${seed} ${epoch}`),
})

async function commit(options: DecoyOptions, epoch: number): Promise<void> {
  const { purse } = options
  const { chainId, contracts } = purse.context.file
  const result = await purse.commitDecoy(
    decoyCommitment({ chainId, contract: contracts.decoys }, rangeOf(options, epoch)),
  )
  if (result.kind === 'rejected') throw new Error(`the commitment for epoch ${epoch} was refused: ${result.reason}`)
}

/**
 * Providers on loopback share no link, so the assignment needs no leaves.
 * @returns false if sessions of the epoch may have begun before: then the seed does not say what came through
 */
async function shape(options: DecoyOptions, clock: EpochClock, epoch: number): Promise<boolean> {
  const { chain, table, log, stopping } = options
  const { params } = chain.context.file
  const facts = withLinks(await poll(() => chain.factsAt(epoch), POLL_MS, stopping), [])
  const { provider, seed } = rangeOf(options, epoch)
  const { sessions, repeats } = assign(facts, params)
  const own = [...sessions, ...repeats].filter(session => session.provider === provider)
  const levels = new Map(own.map(({ round, receiver }) => [round, decoyLevelBps(seed, epoch, receiver)]))
  const firstSlotMs = slotStartMs(clock, epoch, 0, params)
  table.write(firstSlotMs, params.slotMs, levels)
  const lateMs = WALL_CLOCK.nowMs() - firstSlotMs
  if (lateMs > 0) log.warn({ epoch, lateMs }, 'the levels were late: the seed will not be shown')
  return lateMs <= 0
}

/** A seed that is shown too late, or for an epoch without a report, catches nobody, and does no harm. */
async function reveal(options: DecoyOptions, clock: EpochClock, epoch: number): Promise<void> {
  const { chain, log, stopping } = options
  const leftMs = epochEndMs(clock, epoch + 1) - WALL_CLOCK.nowMs()
  const inTime = AbortSignal.any([stopping, AbortSignal.timeout(Math.max(0, leftMs))])
  const hasReport = async () => (await chain.tip()).epoch >= epoch || undefined
  let result: TxResult
  try {
    await poll(hasReport, POLL_MS, inTime)
    result = await chain.revealDecoy(rangeOf(options, epoch))
  } catch (error) {
    stopping.throwIfAborted()
    if (!isAbort(error) && (error as Error).name !== 'TimeoutError') throw error
    result = { kind: 'rejected', reason: 'the epoch has no report' }
  }
  log.info({ epoch, result }, 'the seed was shown')
}
