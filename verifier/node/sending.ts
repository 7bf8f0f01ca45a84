/** Sees to it that the chain has what this node wants it to have, whoever sends it, and that no reorganisation undoes it. */
import type { EpochClock } from '../../proto/epoch.js'
import type { Chain, TxResult } from '../core/ports.js'
import type { VerifierContext } from './context.js'
import { inBackground } from './failures.js'
import { type Pauses, poll, pollEverLess } from './waiting.js'

/** How soon the node tries again. */
const RETRY_MS = 300
/** How often in an epoch it does so in the end: an account without ether may stay empty for days, and chain nodes have quotas. */
const RETRIES = 64
/** A reorganisation of more blocks does not happen on chains of today. */
const REORG_BLOCKS = 128
/** How often in an epoch the node looks whether what was done is still there. */
const CHECKS = 16

type SendingContext = Pick<VerifierContext, 'wall' | 'log' | 'stopping' | 'fail'> & {
  readonly chain: Pick<Chain, 'headBlock'>
  readonly epochs: Pick<EpochClock, 'epochMs'>
}

export interface Duty {
  /** for a person */
  readonly what: string
  readonly deadlineMs: number
  /** Resolves when it is this node's turn. */
  readonly turn: () => Promise<void>
  /** Whether the chain has it, whoever sent it. */
  readonly isDone: () => Promise<boolean>
  readonly send: () => Promise<TxResult>
}

/** Between attempts, and between questions whether there is something to send. */
export const pausesOf = ({ epochMs }: Pick<EpochClock, 'epochMs'>): Pauses => ({
  firstMs: RETRY_MS,
  longestMs: epochMs / RETRIES,
})

export class Sending {
  constructor(private readonly context: SendingContext) {}

  /**
   * Resolves once somebody has done it, or at the deadline. Until then asks a chain that does not answer again. From then on
   * does it again as often as it is undone, until so many blocks have come that nothing undoes it any more.
   */
  async untilLasting(duty: Duty): Promise<void> {
    await duty.turn()
    if (await this.#untilDone(duty)) inBackground(this.context, this.keep(duty))
  }

  /** The same, for what is done by now. Resolves when nothing undoes it any more, or at the deadline. */
  async keep(duty: Duty): Promise<void> {
    const { chain, epochs, wall, log, stopping } = this.context
    const { what, deadlineMs, isDone } = duty
    let doneAt: number | undefined
    let wasThere = false // not yet, if another node's transaction waits to be mined
    const isUndone = async () => {
      if (wall.nowMs() >= deadlineMs) return false
      const head = await chain.headBlock()
      doneAt ??= head
      if (head - doneAt >= REORG_BLOCKS) return false
      if (!(await isDone())) return true
      wasThere = true
      return undefined
    }
    // A chain node that does not answer is asked again.
    if (!(await poll(() => isUndone().catch(() => undefined), epochs.epochMs / CHECKS, stopping))) return
    if (wasThere) log.warn(`the chain no longer has the ${what}, sending it again`)
    await this.untilLasting(duty)
  }

  /** @returns false at the deadline */
  #untilDone({ what, deadlineMs, isDone, send }: Duty): Promise<boolean> {
    const { epochs, wall, log, stopping } = this.context
    const attempt = async (): Promise<TxResult> => ((await isDone()) ? { kind: 'already' } : send())
    let refusal: string | undefined
    return pollEverLess(
      async () => {
        if (wall.nowMs() >= deadlineMs) {
          log.warn(`gave up on the ${what}: its deadline has passed`)
          return false
        }
        const result = await attempt().catch((error: Error): TxResult => ({ kind: 'rejected', reason: error.message }))
        if (result.kind === 'done') log.info({ txHash: result.txHash, gasUsed: result.gasUsed }, `sent the ${what}`)
        if (result.kind !== 'rejected') return true
        if (result.reason !== refusal) log.warn({ reason: result.reason }, `the chain refused the ${what}`)
        refusal = result.reason
        return undefined
      },
      pausesOf(epochs),
      stopping,
    )
  }
}
