/**
 * The computing of a verifier that grows with the network: assignments, reports, and the work that rewards are paid for. It
 * runs in a thread of its own (`computation.ts`), and keeps there what later reports need, so that little has to move.
 */
import { headerHash, type NetworkId, type SeenEntry } from '../../proto/digests.js'
import { windowStart } from '../../proto/epoch.js'
import type { Hex } from '../../proto/hex.js'
import type { NetworkParams } from '../../proto/params.js'
import { AssignedRoots } from '../core/assignment/assigned.js'
import { type Assignment, assign } from '../core/assignment/assign.js'
import { type PackedPlan, packPlan } from '../core/assignment/plan.js'
import type { ChainFacts, PaidReport } from '../core/facts.js'
import { nextRewards } from '../core/rewards/next-rewards.js'
import { type Rewards, rewardsTree } from '../core/rewards/rewards.js'
import { type EpochWork, WorkTally } from '../core/rewards/work.js'
import type { CountedBallot } from '../core/scoring/ballots.js'
import type { CarryOver } from '../core/scoring/carry-over.js'
import { evaluateEpoch } from '../core/scoring/evaluate.js'
import { buildReport, leafTree, type Report } from '../core/scoring/report.js'

/** The last accepted report, from which the next one is computed. */
export interface Before extends CarryOver {
  readonly epoch: number
  readonly headerHash: Hex
  readonly rewards: Rewards
}

/** A report with the rewards whose root is in its header. */
export interface ComputedReport extends Report {
  readonly rewards: Rewards
}

/** Which facts: those of an epoch at one B(e). */
export type FactsId = Pick<ChainFacts, 'epoch' | 'blockHash'>

/** The votes of an epoch, and what they follow upon. */
export interface Voted {
  readonly facts: FactsId
  /** hash of the header of the report before */
  readonly before: Hex
  readonly ballotSet: readonly SeenEntry[]
  readonly ballots: readonly CountedBallot[]
}

/** What is computed, by name: what is asked for, and the answer. */
export interface Tasks {
  readonly assign: { readonly asked: ChainFacts; readonly answer: PackedPlan }
  /** takes a report that it lacks */
  readonly take: { readonly asked: Before; readonly answer: undefined }
  /** which of these reports, and of whose work, it lacks */
  readonly lacks: {
    readonly asked: { readonly before: Hex; readonly works: readonly Hex[] }
    readonly answer: { readonly before: boolean; readonly works: readonly Hex[] }
  }
  /** the work of an accepted report; whether the votes have led to its leaves */
  readonly work: {
    readonly asked: Voted & { readonly headerHash: Hex; readonly scoreRoot: Hex }
    readonly answer: boolean
  }
  readonly report: { readonly asked: Voted; readonly answer: ComputedReport }
}

export interface DeskSettings {
  readonly network: NetworkId
  readonly params: NetworkParams
}

/** Epochs whose assignments are kept: that being measured, that being agreed on, and those of the work that is paid. */
const KEPT_EPOCHS = 4
/** The reports that one epoch may be computed upon: all leaders name the same one, unless the chain moves. */
const KEPT_REPORTS = 3
/** The proposals of the last epochs, even if leaders fail. Work that is no longer kept is computed again. */
const KEPT_WORKS = 32

export class Desk {
  readonly #epochs = new Kept<{ readonly facts: ChainFacts; readonly assignment: Assignment }>(KEPT_EPOCHS)
  readonly #reports = new Kept<Before>(KEPT_REPORTS)
  readonly #works = new Kept<EpochWork>(KEPT_WORKS)
  #roots = { window: 0, roots: new AssignedRoots() }

  constructor(private readonly settings: DeskSettings) {}

  assign(facts: ChainFacts): PackedPlan {
    const { params } = this.settings
    const window = windowStart(facts.epoch, params.windowEpochs)
    if (this.#roots.window !== window) this.#roots = { window, roots: new AssignedRoots() }
    const assignment = assign(facts, params, this.#roots.roots)
    this.#epochs.put(keyOf(facts), { facts, assignment })
    return packPlan(assignment, facts.providers)
  }

  take(report: Before): undefined {
    this.#reports.put(report.headerHash, report)
  }

  lacks({ before, works }: Tasks['lacks']['asked']): Tasks['lacks']['answer'] {
    return {
      before: this.#reports.get(before) === undefined,
      works: works.filter(hash => this.#works.get(hash) === undefined),
    }
  }

  work({ headerHash: hash, scoreRoot, ...voted }: Tasks['work']['asked']): boolean {
    const input = this.#inputOf(voted)
    const work = new WorkTally(input)
    const { leaves } = evaluateEpoch(input, work.add)
    // The leaves that are paid must be those that were certified.
    if (leafTree(leaves).root !== scoreRoot) return false
    this.#works.put(hash, work.work({ ballotSet: voted.ballotSet, leaves }))
    return true
  }

  report(voted: Voted): ComputedReport {
    const input = this.#inputOf(voted)
    const { facts, previous } = input
    const rewards = this.#rewards(facts, previous.rewards)
    const work = new WorkTally(input)
    const rest = { previousHeader: previous.headerHash, rewardsRoot: rewardsTree(rewards).root }
    const report = { ...buildReport({ ...input, ...rest }, work.add), rewards }
    const hash = headerHash(this.settings.network, report.header)
    this.#works.put(hash, work.work(report))
    this.#reports.put(hash, { ...report, epoch: facts.epoch, headerHash: hash })
    return report
  }

  #inputOf({ facts: id, before, ballotSet, ballots }: Voted) {
    const record = this.#epochs.get(keyOf(id))
    const previous = this.#reports.get(before)
    if (record === undefined) throw new Error(`The facts of epoch ${id.epoch} are not here.`)
    if (previous === undefined) throw new Error(`The report before epoch ${id.epoch} is not here.`)
    return { params: this.settings.params, ...record, previous, ballotSet, ballots }
  }

  #rewards({ paidReport, rewardsFunded }: ChainFacts, previous: Rewards): Rewards {
    if (paidReport.epoch === 0) return previous
    const [work, ...covered] = worksOf(paidReport).map(hash => this.#works.get(hash))
    if (work === undefined || covered.includes(undefined)) throw new Error('Work that the report pays for is not here.')
    const { params } = this.settings
    const epochs = covered as EpochWork[]
    return nextRewards({ params, fundedWei: rewardsFunded, previous, paidReport, work, covered: epochs }).rewards
  }
}

/** The reports whose work one pays for: first the paid one, then the others that decoys cover. */
export const worksOf = ({ epoch, headerHash: hash, covered }: PaidReport): Hex[] =>
  epoch === 0 ? [] : [hash, ...covered.map(other => other.headerHash)]

const keyOf = ({ epoch, blockHash }: FactsId): string => `${epoch} ${blockHash}`

/** The values that were put last. */
class Kept<T> {
  readonly #values = new Map<string, T>()

  constructor(private readonly most: number) {}

  get(key: string): T | undefined {
    return this.#values.get(key)
  }

  put(key: string, value: T): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    const [oldest] = this.#values.keys()
    if (this.#values.size > this.most) this.#values.delete(oldest!)
  }
}
