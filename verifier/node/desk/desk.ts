/**
 * The computing of a verifier that grows with the network: assignments, reports, and the work that rewards are paid for. It
 * runs in a thread of its own (`computation.ts`), and keeps there what later reports need, so that little has to move. The
 * votes of an epoch come in parts, and none of them is kept.
 */
import { headerHash, type NetworkId, type SeenEntry } from '../../../proto/digests.js'
import { windowStart } from '../../../proto/epoch.js'
import type { Hex } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import type { NetworkParams } from '../../../proto/params.js'
import { type Assignment, assign } from '../../core/assignment/assign.js'
import { AssignedRoots } from '../../core/assignment/assigned.js'
import { type PackedPlan, packPlan } from '../../core/assignment/plan.js'
import type { ChainFacts } from '../../core/facts.js'
import { nextRewards } from '../../core/rewards/next-rewards.js'
import { type Rewards, rewardsTree } from '../../core/rewards/rewards.js'
import { type EpochWork, WorkTally } from '../../core/rewards/work.js'
import type { CountedBallot } from '../../core/scoring/ballots.js'
import type { CarryOver } from '../../core/scoring/carry-over.js'
import { EpochEvaluation } from '../../core/scoring/evaluate.js'
import { leafTree, type Report, reportOf } from '../../core/scoring/report.js'
import { Kept } from './kept.js'
import { type BallotParts, VoteMerge } from './vote-merge.js'

/** An accepted report, as far as the next one follows from it. */
export interface Before extends CarryOver {
  readonly epoch: number
  readonly headerHash: Hex
  readonly rewards: Rewards
}

/** A report with the rewards whose root is in its header. */
export interface ComputedReport extends Report {
  readonly rewards: Rewards
}

/** A report without what it carries over, which follows in parts: all at once would hold the main thread for long. */
export interface ReportHead extends Omit<ComputedReport, keyof CarryOver> {
  readonly headerHash: Hex
}

/** Facts of an epoch at one B(e). */
export type FactsId = Pick<ChainFacts, 'epoch' | 'blockHash'>

/** What a report follows upon. */
export interface Basis {
  readonly facts: FactsId
  /** hash of the header of the report before */
  readonly before: Hex
}

export interface Lacking {
  readonly facts: boolean
  readonly before: boolean
}

/** What is computed, by name: what is asked for, and the answer. */
export interface Tasks {
  readonly assign: { readonly asked: ChainFacts; readonly answer: PackedPlan }
  /** those of the reports, named by the hashes of their headers, whose work is not here */
  readonly lacksWork: { readonly asked: readonly Hex[]; readonly answer: readonly Hex[] }
  readonly take: { readonly asked: Before; readonly answer: undefined }
  /**
   * Begins to count the votes of an epoch, and forgets what was counted before. Answers as `votes` does, or with what it
   * follows upon and is not here.
   */
  readonly count: {
    readonly asked: Basis & { readonly ballots: readonly BallotParts[] }
    readonly answer: readonly number[] | Lacking
  }
  /** the next parts of ballots, as they were needed; answers whose next parts are needed: see `VoteMerge.needs` */
  readonly votes: {
    readonly asked: readonly { readonly ballot: number; readonly votes: Uint8Array }[]
    readonly answer: readonly number[]
  }
  /** the report that follows from the counted votes, and from paid work: see `nextRewards` */
  readonly report: {
    readonly asked: { readonly ballotSet: readonly SeenEntry[]; readonly works: readonly Hex[] }
    readonly answer: ReportHead
  }
  /** some leaves of a report that was computed last, from a place on, with what they carry over */
  readonly leaves: { readonly asked: { readonly headerHash: Hex; readonly from: number }; readonly answer: CarryOver }
  /** the work of an accepted report; whether its leaves follow from the counted votes */
  readonly work: {
    readonly asked: { readonly ballotSet: readonly SeenEntry[]; readonly headerHash: Hex; readonly scoreRoot: Hex }
    readonly answer: boolean
  }
}

export interface DeskSettings {
  readonly network: NetworkId
  readonly params: NetworkParams
}

/** Epochs whose assignments are kept: that being measured, and that being agreed on. */
const KEPT_EPOCHS = 2
/** The last accepted report, and one upon it. */
const KEPT_REPORTS = 2
/** Proposals whose work is kept beside the work that the next report pays for. */
const SPARE_WORKS = 4
/** A report pays for work of so long ago, and decoys judge that by as many epochs more. */
const PAID_DELAYS = 2

/** Some milliseconds of the main thread. */
const LEAVES_AT_ONCE = 1000

interface Epoch {
  readonly facts: ChainFacts
  readonly assignment: Assignment
}

interface Counting extends Epoch {
  readonly previous: Before
  readonly merge: VoteMerge
  readonly evaluation: EpochEvaluation
  readonly work: WorkTally
  /** slices that are not counted yet */
  waiting: CountedBallot[][]
}

export class Desk {
  readonly #epochs = new Kept<Epoch>(KEPT_EPOCHS)
  readonly #reports = new Kept<Before>(KEPT_REPORTS)
  readonly #works: Kept<EpochWork>
  #roots = { window: 0, roots: new AssignedRoots() }
  #counting: Counting | undefined

  constructor(private readonly settings: DeskSettings) {
    this.#works = new Kept(PAID_DELAYS * settings.params.rewardDelayEpochs + SPARE_WORKS)
  }

  assign(facts: ChainFacts): PackedPlan {
    const { params } = this.settings
    const window = windowStart(facts.epoch, params.windowEpochs)
    if (this.#roots.window !== window) this.#roots = { window, roots: new AssignedRoots() }
    const assignment = assign(facts, params, this.#roots.roots)
    this.#epochs.put(nameOf(facts), { facts, assignment })
    return packPlan(assignment, facts.providers)
  }

  lacksWork(works: readonly Hex[]): Hex[] {
    return works.filter(hash => this.#works.get(hash) === undefined)
  }

  take(report: Before): undefined {
    this.#reports.put(report.headerHash, report)
  }

  count({ facts, before, ballots }: Tasks['count']['asked']): number[] | Lacking {
    this.#counting = undefined
    const { params } = this.settings
    const epoch = this.#epochs.get(nameOf(facts))
    const previous = this.#reports.get(before)
    if (epoch === undefined || previous === undefined)
      return { facts: epoch === undefined, before: previous === undefined }
    const input = { params, ...epoch, previous }
    const work = new WorkTally(input)
    const evaluation = new EpochEvaluation(input, work.add)
    this.#counting = { ...epoch, previous, merge: new VoteMerge(ballots), evaluation, work, waiting: [] }
    return this.#counting.merge.needs()
  }

  /** `catchUp` counts them. */
  votes(parts: Tasks['votes']['asked']): number[] {
    const { merge, waiting } = here(this.#counting)
    for (const { ballot, votes } of parts) merge.put(ballot, votes)
    for (let slice = merge.next(); slice !== undefined; slice = merge.next()) waiting.push(slice)
    return merge.needs()
  }

  /** Counts what has come, while the next parts are read. */
  catchUp(): void {
    if (this.#counting === undefined) return
    const { evaluation, waiting } = this.#counting
    this.#counting.waiting = []
    for (const slice of waiting) evaluation.add(slice)
  }

  report({ ballotSet, works }: Tasks['report']['asked']): ReportHead {
    const { facts, previous, evaluation, work } = this.#counted()
    const rewards = this.#rewards(facts, previous.rewards, works)
    const rest = { previousHeader: previous.headerHash, rewardsRoot: rewardsTree(rewards).root }
    const report = reportOf({ facts, ballotSet, ...rest }, evaluation.finish())
    const { header, commonFailure, leaves, soakVotes, windows } = report
    const hash = headerHash(this.settings.network, header)
    this.#works.put(hash, work.work(report))
    this.#reports.put(hash, { leaves, soakVotes, windows, rewards, epoch: facts.epoch, headerHash: hash })
    return { header, headerHash: hash, commonFailure, ballotSet, rewards }
  }

  leaves({ headerHash: hash, from }: Tasks['leaves']['asked']): CarryOver {
    const { leaves, soakVotes, windows } = here(this.#reports.get(hash))
    const some = leaves.slice(from, from + LEAVES_AT_ONCE)
    return { leaves: some, soakVotes: onlyOf(some, soakVotes), windows: onlyOf(some, windows) }
  }

  work({ ballotSet, headerHash: hash, scoreRoot }: Tasks['work']['asked']): boolean {
    const { evaluation, work } = this.#counted()
    const { leaves } = evaluation.finish()
    // The leaves that are paid must be those that were certified.
    if (leafTree(leaves).root !== scoreRoot) return false
    this.#works.put(hash, work.work({ ballotSet, leaves }))
    return true
  }

  #counted(): Counting {
    this.catchUp()
    const counting = here(this.#counting)
    this.#counting = undefined
    return counting
  }

  #rewards({ paidReport, rewardsFunded }: ChainFacts, previous: Rewards, works: readonly Hex[]): Rewards {
    if (paidReport.epoch === 0) return previous
    const [work, ...covered] = works.map(hash => here(this.#works.get(hash)))
    const { params } = this.settings
    return nextRewards({ params, fundedWei: rewardsFunded, previous, paidReport, work, covered }).rewards
  }
}

/** What a map holds of the providers of some leaves. */
const onlyOf = <T>(leaves: readonly Leaf[], of: ReadonlyMap<Hex, T>): Map<Hex, T> =>
  new Map(
    leaves.flatMap(({ provider }) => {
      const value = of.get(provider)
      return value === undefined ? [] : [[provider, value] as const]
    }),
  )

const nameOf = ({ epoch, blockHash }: FactsId): string => `${epoch} ${blockHash}`

function here<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('What the report rests on is not here.')
  return value
}
