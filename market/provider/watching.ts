/** What a provider looks after while it runs, and what it tells its operator. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { systemClock } from '../../probe/index.js'
import type { ReachReport } from '../../proto/messages.js'
import type { NetworkParams } from '../../proto/params.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import type { Lifecycle } from '../../verifier/node/lifecycle.js'
import { repeat } from '../../verifier/node/waiting.js'
import { ClaimMemory } from './claim-memory.js'
import { Headroom, LOOK_MS, type Reading } from './headroom.js'
import { OverrunWarning } from './overrun-warning.js'
import { reachLines } from './reach-lines.js'
import type { Serving } from './serving.js'

/** How often the provider reads its claim again. */
const CLAIM_POLL_MS = 5000
/** How often the provider looks for a new era and for announcements of verifiers: so many times an epoch, or more often. */
const SETS_POLLS_PER_EPOCH = 15
const LONGEST_SETS_POLL_MS = 30_000
/** How often the provider ends idle connections. */
const SWEEP_MS = 1000
/** How often the provider looks whether its own machine has lost datagrams. */
const OVERRUN_POLL_MS = 10_000

/** How often the provider asks again whether it can be reached, and after how long. */
const REACH_RETRIES = 3
const REACH_RETRY_MS = 20_000

export interface Watched extends Pick<Serving, 'relay' | 'pool' | 'refreshSets'> {
  readonly life: Lifecycle
  readonly chain: Pick<EthersChain, 'account' | 'provider'>
  readonly claimKbps: number
  readonly params: Pick<NetworkParams, 'epochSeconds' | 'windowEpochs'>
  readonly log: Logger
}

/** Until the node stops. @returns how much of its claim the line kept */
export function watch({ relay, pool, refreshSets, life, chain, claimKbps, params, log }: Watched): Headroom {
  const { epochSeconds, windowEpochs } = params
  const follow = (what: string, everyMs: number, read: () => Promise<void>) => {
    const complain = (error: Error) => log.warn({ error: error.message }, `could not read ${what}`)
    life.run(repeat(() => read().catch(complain), everyMs, life.stopping))
  }
  // A claim is read an epoch before the window in which it is measured; one more epoch is for what this node sees late.
  const claims = new ClaimMemory((windowEpochs + 2) * epochSeconds * 1000)
  let currentKbps = claimKbps
  claims.see(claimKbps, systemClock.now())
  follow('the claim', CLAIM_POLL_MS, async () => {
    const now = await chain.provider(chain.account!)
    if (now === undefined) return
    currentKbps = now.claimKbps
    relay.setClaim(claims.see(now.claimKbps, systemClock.now()))
  })
  const setsPollMs = Math.min((epochSeconds * 1000) / SETS_POLLS_PER_EPOCH, LONGEST_SETS_POLL_MS)
  follow('the verifier sets', setsPollMs, refreshSets)
  life.run(repeat(async () => pool.sweep(), SWEEP_MS, life.stopping))
  const overruns = new OverrunWarning(relay, (facts, message) => log.warn(facts, message))
  life.run(repeat(async () => overruns.check(), OVERRUN_POLL_MS, life.stopping))
  const headroom = new Headroom(() => currentKbps)
  const look = async () => tellHeadroom(headroom.look(relay.stats, systemClock.now()), log)
  life.run(repeat(look, LOOK_MS, life.stopping))
  return headroom
}

function tellHeadroom(reading: Reading | undefined, log: Logger): void {
  if (reading === undefined || reading.kept) return
  log.warn(reading, 'the line did not keep the claim: of what this relay sent on, less than the claim arrived')
}

/** Tells the operator what a verifier finds. What is wrong stops nothing: another path may work. */
export async function tellReach(
  testReach: () => Promise<ReachReport | undefined>,
  log: Logger,
  stopping: AbortSignal,
): Promise<void> {
  const report = await reportFrom(testReach, log, stopping)
  if (report === undefined) {
    log.info('no verifier tested whether this provider can be reached: try `bandwitness provider check` later')
    return
  }
  for (const { passed, text } of reachLines(report)) {
    if (passed === false) log.warn(text)
    else log.info(text)
  }
}

/** A network that starts has no verifiers yet, and a verifier that is busy has no time. @throws AbortError */
async function reportFrom(testReach: () => Promise<ReachReport | undefined>, log: Logger, stopping: AbortSignal) {
  for (let retries = 0; ; retries++) {
    try {
      const report = await testReach()
      if (report !== undefined || retries === REACH_RETRIES) return report
    } catch (error) {
      stopping.throwIfAborted()
      log.warn({ error: (error as Error).message }, 'could not ask whether this provider can be reached')
      if (retries === REACH_RETRIES) return undefined
    }
    await pause(REACH_RETRY_MS, undefined, { signal: stopping })
  }
}
