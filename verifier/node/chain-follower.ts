/** Moves with the chain: adopts the reports that the chain accepts, and settles or refutes their penalties. */
import type { Hex } from '../../proto/hex.js'
import type { PostedReport } from '../core/ports.js'
import { type AcceptedReports, WrongReport } from './accepted-reports.js'
import type { VerifierContext } from './context.js'
import type { EpochFacts } from './epoch-facts.js'
import { inBackground, logFailure } from './failures.js'
import type { Refuting } from './refuting.js'
import type { Transmission } from './transmission.js'
import { repeat } from './waiting.js'

/** How often the node asks for the chain's last report. */
const FOLLOW_MS = 250
/** Reports whose penalties a node that was away still settles. */
const LOOKBACK_EPOCHS = 10

export interface ChainFollowerModules {
  readonly reports: AcceptedReports
  readonly epochFacts: EpochFacts
  readonly transmission: Transmission
  readonly refuting: Refuting
}

export class ChainFollower {
  /** header hash of the last report that was adopted */
  #adopted: Hex | undefined
  /** header hash of the last report that does not follow from its ballots */
  #refuted: Hex | undefined
  /** header hashes of the reports whose penalties this node already settles */
  readonly #settling = new Set<Hex>()

  constructor(
    private readonly context: VerifierContext,
    private readonly modules: ChainFollowerModules,
  ) {}

  /** Until the node stops. @throws AbortError then */
  run(): Promise<never> {
    const step = () =>
      this.#step().catch(error => logFailure(this.context, error, 'could not follow the chain, will try again'))
    return repeat(step, FOLLOW_MS, this.context.stopping)
  }

  async #step(): Promise<void> {
    const { chain, log } = this.context
    const tip = await chain.tip()
    if (tip.headerHash === this.#adopted || tip.epoch === 0) return
    const posted = await chain.posted(tip.epoch)
    if (posted === undefined || posted.headerHash !== tip.headerHash) return
    if (!(await this.#adopt(posted))) return
    log.info({ epoch: tip.epoch, round: posted.round, headerHash: posted.headerHash }, `epoch ${tip.epoch} is posted`)
    const from = this.#adopted === undefined ? Math.max(1, tip.epoch - LOOKBACK_EPOCHS) : tip.epoch
    this.#adopted = tip.headerHash
    for (let epoch = from; epoch < tip.epoch; epoch++) await this.#settle(epoch, await chain.posted(epoch))
    await this.#settle(tip.epoch, posted)
  }

  /** @returns false for a report that does not follow from its ballots: this node then refutes its penalties, once */
  async #adopt(posted: PostedReport): Promise<boolean> {
    const { reports, refuting } = this.modules
    if (this.#refuted === posted.headerHash) return false
    try {
      await reports.adopt(posted)
      return true
    } catch (error) {
      if (!(error instanceof WrongReport)) throw error
      this.#refuted = posted.headerHash
      inBackground(this.context, refuting.refute(error))
      return false
    }
  }

  /** Only a report whose leaves this node holds. */
  async #settle(epoch: number, posted: PostedReport | undefined): Promise<void> {
    const { epochFacts, transmission } = this.modules
    const held = posted && (await this.context.store.getReport(posted.headerHash))
    if (held === undefined || this.#settling.has(held.headerHash)) return
    this.#settling.add(held.headerHash)
    const settled = epochFacts.get(epoch).then(({ facts }) => transmission.settle(held.header, held.leaves, facts))
    inBackground(this.context, settled)
  }
}
