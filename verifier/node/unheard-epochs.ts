/**
 * Epochs of which this verifier heard no certificate. That alone says nothing about their reports: the verifier may have
 * slept, or been cut off. The chain knows, once its time is past the deadline.
 */
import { epochEndMs } from '../../proto/epoch.js'
import type { VerifierContext } from './context.js'
import { isAbort, poll } from './waiting.js'

/** How often the node asks the chain. */
const POLL_MS = 300

export interface MissedEpoch {
  readonly epoch: number
  /** why the epoch has no report */
  readonly sentence: string
}

export class UnheardEpochs {
  /** epochs so far, by the reason why this verifier has no certificate of them */
  readonly counts = { 'no-report': 0, 'not-heard': 0 }
  /** the newest epoch of which the outcome is known */
  #known = 0
  #missed: MissedEpoch | undefined
  #without: string | undefined

  constructor(private readonly context: Pick<VerifierContext, 'chain' | 'epochs' | 'stopping' | 'log'>) {}

  /** The last epoch that is over, if the chain has no report of it and takes none any more. */
  get missed(): MissedEpoch | undefined {
    return this.#missed
  }

  /** The last epoch that is over, if the chain has a report of it that this verifier did not hear of. */
  get without(): string | undefined {
    return this.#without
  }

  /** The verifier heard a certificate of the epoch. */
  heard(epoch: number): void {
    this.#conclude(epoch, {})
  }

  /** @param lack why the verifier has no certificate. @throws AbortError when the node stops */
  async unheard(epoch: number, lack: string): Promise<void> {
    const { log } = this.context
    if (await this.#hasReport(epoch)) {
      const without = `epoch ${epoch} has a report, of which this verifier heard no certificate: it was asleep or cut off, or its clock is off`
      log.warn({ epoch }, without)
      this.counts['not-heard']++
      this.#conclude(epoch, { without })
    } else {
      const sentence = `epoch ${epoch} has no report: ${lack}`
      log.warn({ epoch }, sentence)
      this.counts['no-report']++
      this.#conclude(epoch, { missed: { epoch, sentence } })
    }
  }

  /** An answer about an earlier epoch may come late, from a chain node that was down. */
  #conclude(epoch: number, { missed, without }: { missed?: MissedEpoch; without?: string }): void {
    if (epoch < this.#known) return
    this.#known = epoch
    this.#missed = missed
    this.#without = without
  }

  #hasReport(epoch: number): Promise<boolean> {
    const { chain, epochs, stopping, log } = this.context
    const deadlineMs = epochEndMs(epochs, epoch + 1)
    const ask = async () => {
      const { blockMs } = await chain.tip()
      if ((await chain.posted(epoch)) !== undefined) return true
      return blockMs >= deadlineMs ? false : undefined
    }
    const askAgain = (error: Error): undefined => {
      if (isAbort(error)) throw error
      log.debug({ epoch, error: error.message }, 'could not ask the chain for a report, will ask again')
    }
    return poll(() => ask().catch(askAgain), POLL_MS, stopping)
  }
}
