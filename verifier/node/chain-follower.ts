/**
 * Moves with the chain: adopts the reports that the chain accepts, and settles or refutes their penalties.
 */
import type { Hex } from '../../proto/hex.js'
import type { PostedReport } from '../core/ports.js'
import type { StoredReport } from '../store/store.js'
import { type AcceptedReports, WrongReport } from './accepted-reports.js'
import type { VerifierContext } from './context.js'
import type { EpochFacts } from './epoch-facts.js'
import { inBackground, logFailure } from './failures.js'
import type { Refuting } from './refuting.js'
import type { Transmission } from './transmission.js'
import { repeat } from './waiting.js'

/** How often the node asks for the chain's last report: so many times an epoch, within these bounds. */
const LOOKS_PER_EPOCH = 80
const FOLLOW_MS = { shortest: 250, longest: 1000 }
/**
 * Epochs after which a report's penalties are settled, beside the settlement delay: its own, the one in which it is posted,
 * and one in which the nodes try in turn.
 */
const POSTING_EPOCHS = 3

export interface ChainFollowerModules {
  readonly reports: AcceptedReports
  readonly epochFacts: EpochFacts
  readonly transmission: Transmission
  readonly refuting: Refuting
  /** told the time of the newest block, as soon as this node has read it */
  readonly onBlock: (blockMs: number) => void
}

export class ChainFollower {
  /** reports that the chain accepted while this node ran, and that it has seen */
  seen = 0
  /** the newest of them; undefined before the first */
  lastEpoch: number | undefined
  /** header hash of the last report that was adopted */
  #adopted: Hex | undefined
  /** header hashes of the reports that do not follow from their ballots */
  readonly #wrong = new Set<Hex>()
  /** the next epoch whose penalties this node looks at; undefined before the first look */
  #next: number | undefined
  /** header hashes of the reports whose penalties this node already settles */
  readonly #settling = new Set<Hex>()

  constructor(
    private readonly context: VerifierContext,
    private readonly modules: ChainFollowerModules,
  ) {}

  /** Until the node stops. @throws AbortError then */
  run(): Promise<never> {
    const { params, stopping } = this.context
    const step = () =>
      this.#step().catch(error => logFailure(this.context, error, 'could not follow the chain, will try again'))
    const everyMs = Math.min(
      FOLLOW_MS.longest,
      Math.max(FOLLOW_MS.shortest, (params.epochSeconds * 1000) / LOOKS_PER_EPOCH),
    )
    return repeat(step, everyMs, stopping)
  }

  async #step(): Promise<void> {
    const { chain, log } = this.context
    const tip = await chain.tip()
    this.modules.onBlock(tip.blockMs)
    if (tip.headerHash === this.#adopted || tip.epoch === 0) return
    const posted = await chain.posted(tip.epoch)
    if (posted === undefined || posted.headerHash !== tip.headerHash) return
    this.#next = Math.min(this.#next ?? (await this.#firstUnsettled(tip.epoch)), tip.epoch)
    if (!(await this.#adopt(posted))) return
    for (; this.#next < tip.epoch; this.#next++) await this.#settle(await chain.posted(this.#next))
    await this.#settle(posted)
    this.#adopted = tip.headerHash
    this.seen++
    this.lastEpoch = tip.epoch
    log.info({ epoch: tip.epoch, round: posted.round, headerHash: posted.headerHash }, `epoch ${tip.epoch} is posted`)
  }

  /**
   * The first epoch whose penalties may still wait, after a restart: those of the reports that were not final when this node
   * last saw one. Older reports than the evidence period are gone.
   */
  async #firstUnsettled(tip: number): Promise<number> {
    const { store, params } = this.context
    const { settlementSeconds, evidenceSeconds, epochSeconds } = params
    const lastSeen = Math.min(tip, (await store.lastPosted())?.header.epoch ?? tip)
    const waiting = lastSeen - Math.ceil(settlementSeconds / epochSeconds) - POSTING_EPOCHS
    return Math.max(1, waiting, tip - Math.ceil(evidenceSeconds / epochSeconds))
  }

  /** @returns false for a report that does not follow from its ballots: this node then refutes its penalties, once */
  async #adopt(posted: PostedReport): Promise<boolean> {
    if (this.#wrong.has(posted.headerHash)) return false
    try {
      await this.modules.reports.adopt(posted)
      return true
    } catch (error) {
      if (!(error instanceof WrongReport)) throw error
      this.#wrong.add(posted.headerHash)
      inBackground(this.context, this.modules.refuting.refute(posted))
      return false
    }
  }

  /**
   * A report that was not recomputed is believed for its header's sake, and one upon a wrong report follows from that. So the
   * penalties of both are compared with the votes alone: else a captured set could certify something wrong and harmless first.
   */
  async #settle(posted: PostedReport | undefined): Promise<void> {
    if (posted === undefined || this.#settling.has(posted.headerHash)) return
    const held = await this.#leavesOf(posted)
    if (held === undefined) return
    this.#settling.add(held.headerHash)
    if (held.leaves.every(({ penaltyBps }) => penaltyBps === 0)) return
    const { refuting } = this.modules
    if (held.ballots.length === 0 || held.isWrong) inBackground(this.context, refuting.refute(posted))
    if (!held.isWrong) inBackground(this.context, this.#transmit(held))
  }

  /** Undefined for a report that is wrong, and for one that this node missed and whose penalties are final. */
  async #leavesOf(posted: PostedReport): Promise<StoredReport | undefined> {
    const { store, chain } = this.context
    const held = await store.getReport(posted.headerHash)
    if (held !== undefined || (await chain.isFinal(posted.header.epoch)) || !(await this.#adopt(posted))) return held
    return store.getReport(posted.headerHash)
  }

  /** The facts of an old epoch are in the store: a chain node forgets the state of old blocks. */
  async #transmit({ header, leaves }: StoredReport): Promise<void> {
    const { epochFacts, transmission } = this.modules
    const kept = await this.context.store.getFacts(header.epoch, header.blockHash)
    await transmission.settle(header, leaves, kept ?? (await epochFacts.whenKnown(header.epoch, 'penalties')))
  }
}
