/** Computes the report of an epoch from a ballot set. Ballots that this node lacks are fetched from peers. */
import { headerHash, type SeenEntry } from '../../proto/digests.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { ChainFacts } from '../core/facts.js'
import { nextRewards } from '../core/rewards/next-rewards.js'
import { type Rewards, rewardsTree } from '../core/rewards/rewards.js'
import { WorkTally } from '../core/rewards/work.js'
import { type CarryOver, NOTHING_CARRIED } from '../core/scoring/carry-over.js'
import { type Report, reportOf } from '../core/scoring/report.js'
import type { VerifierContext } from './context.js'
import type { EpochFacts, EpochRecord } from './epoch-facts.js'
import { type Ballots, evaluateBallots } from './evaluating.js'
import type { PaidWork } from './paid-work.js'

/** The last accepted report, from which the next one is computed. */
export interface State extends CarryOver {
  readonly epoch: number
  readonly headerHash: Hex
  readonly rewards: Rewards
  /** as in `StoredReport` */
  readonly isWrong: boolean
}

/** A report with the rewards whose root is in its header. */
export interface ComputedReport extends Report {
  readonly rewards: Rewards
}

/** Before the first report. */
export const GENESIS_STATE: State = { epoch: 0, headerHash: ZERO_HASH, rewards: [], isWrong: false, ...NOTHING_CARRIED }

/** What a report follows from, and the report as soon as it is computed. */
interface Computing {
  readonly from: string
  readonly report: Promise<ComputedReport | undefined>
}

export class ReportComputer {
  /** The leaders of one epoch propose one ballot set, for the most part, and a busy machine has no time to compute it anew. */
  #newest: Computing | undefined

  constructor(
    private readonly context: Pick<VerifierContext, 'params' | 'network'>,
    private readonly epochFacts: Pick<EpochFacts, 'reread' | 'readAfresh'>,
    private readonly peers: Ballots,
    private readonly paidWork: Pick<PaidWork, 'of' | 'keep'>,
  ) {}

  /**
   * Undefined if no verifier that answers has one of the ballots, or the work that the report pays for.
   * @param holders of each ballot, by its root, as far as they are known
   */
  async compute(
    epoch: number,
    previous: State,
    ballotSet: readonly SeenEntry[],
    holders?: ReadonlyMap<Hex, readonly number[]>,
  ): Promise<ComputedReport | undefined> {
    const record = await this.epochFacts.reread(epoch)
    const entries = ballotSet.map(({ verifier, root }) => `${verifier}:${root}`)
    const from = [epoch, record.facts.blockHash, previous.headerHash, ...entries].join()
    if (this.#newest?.from === from) return this.#newest.report
    const computing: Computing = { from, report: this.#compute(record, previous, ballotSet, holders) }
    this.#newest = computing
    // A peer may have next time what is missing now.
    const forget = () => {
      if (this.#newest === computing) this.#newest = undefined
    }
    computing.report.then(report => report ?? forget(), forget)
    return computing.report
  }

  /** The same, from facts that are read again: whoever computes another report than the chain accepted may have read wrong. */
  async computeAfresh(
    epoch: number,
    previous: State,
    ballotSet: readonly SeenEntry[],
  ): Promise<ComputedReport | undefined> {
    const record = await this.epochFacts.readAfresh(epoch)
    this.#newest = undefined // it may follow from the facts as they were read before
    return this.#compute(record, previous, ballotSet, undefined)
  }

  async #compute(
    { facts, assignment }: EpochRecord,
    previous: State,
    ballotSet: readonly SeenEntry[],
    holders: ReadonlyMap<Hex, readonly number[]> | undefined,
  ): Promise<ComputedReport | undefined> {
    const { params, network } = this.context
    const input = { params, facts, assignment, previous }
    const work = new WorkTally(input)
    const [evaluation, rewards] = await Promise.all([
      evaluateBallots(this.peers, ballotSet, input, work.add, holders),
      this.#rewards(facts, previous.rewards),
    ])
    if (evaluation === undefined || rewards === undefined) return undefined
    const rewardsRoot = rewardsTree(rewards).root
    const report = reportOf({ ...input, ballotSet, previousHeader: previous.headerHash, rewardsRoot }, evaluation)
    this.paidWork.keep(headerHash(network, report.header), work.work(report))
    return { ...report, rewards }
  }

  async #rewards({ paidReport, rewardsFunded }: ChainFacts, previous: Rewards): Promise<Rewards | undefined> {
    if (paidReport.epoch === 0) return previous
    const [work, ...others] = await Promise.all([paidReport, ...paidReport.covered].map(id => this.paidWork.of(id)))
    const covered = others.filter(other => other !== undefined)
    if (work === undefined || covered.length < others.length) return undefined
    const { params } = this.context
    return nextRewards({ params, fundedWei: rewardsFunded, previous, paidReport, work, covered }).rewards
  }
}
