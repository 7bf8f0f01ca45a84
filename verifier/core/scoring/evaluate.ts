/**
 * The heart of the scoring: next leaves = f(previous leaves, ballot set, chain facts at B(e)), and nothing else. From the
 * same three inputs every node gets the same bits, in whatever order the inputs came.
 *
 * The receivers of a provider vote over the epochs of a window. Their classified votes wait in the carry-over, and the report
 * of the window's last epoch tallies them. If that epoch has no report, the first report after it does. Votes of an epoch
 * without a report are lost. The window of a provider that leaves ends in the first report after, so that nobody escapes the
 * votes that are cast already.
 */
import { isWindowEnd, windowStart } from '../../../proto/epoch.js'
import type { Hex } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import { type OpenWindow, windowDigest } from '../../../proto/open-window.js'
import type { NetworkParams } from '../../../proto/params.js'
import { type SoakVote, soakVotesDigest } from '../../../proto/soak-vote.js'
import type { Vote } from '../../../proto/vote.js'
import { WindowVotes } from '../../../proto/window-votes.js'
import type { Assignment } from '../assignment/assign.js'
import { isSoak, soakSeed, ticksOf } from '../assignment/schedule.js'
import type { ActiveProvider, ChainFacts } from '../facts.js'
import { type CountedBallot, eachProvider, singleVotes, votesOn } from './ballots.js'
import type { CarryOver } from './carry-over.js'
import type { CountedVote, EncodedVote } from './encoded-vote.js'
import { isMeasured, type Part, partsOf } from './parts.js'
import { type SoakRules, type Tally, tallyVotes, tallyWindow, type VoteAccount, type WindowTally } from './tally.js'
import { type WindowTicks, windowTicks } from './uptime.js'
import { endWindows, firstState, type WindowState } from './window-end.js'

export interface EvaluateInput {
  readonly params: NetworkParams
  readonly facts: ChainFacts
  readonly assignment: Pick<Assignment, 'receiversOf' | 'assignedRootOf' | 'dueOf' | 'groupsOf' | 'besideOf'>
  /** the last accepted report; epoch 0 and no leaves before the first */
  readonly previous: CarryOver & { readonly epoch: number }
  readonly ballots: readonly CountedBallot[]
}

/** The leaves: one for every active provider, and for one that left with an open window; ascending by index. */
export interface Evaluation extends CarryOver {
  readonly commonFailure: boolean
}

/** What the votes on one provider say, in this epoch and in its window so far, with whole votes. */
export interface DecodedTally {
  readonly tally: Tally & { readonly receivers: readonly (VoteAccount & { readonly vote?: Vote })[] }
  readonly ticks: WindowTicks
}

/** What is kept of a provider's tally until all are there. */
interface Tallied {
  readonly tally: Pick<WindowTally, 'status' | 'rateKbps' | 'breach' | 'pathless' | 'link'>
  readonly ticks: WindowTicks
  readonly soakVotes: readonly SoakVote[]
  readonly window: OpenWindow | undefined
}

/** Sees each provider's tally, once, in no order. Nothing else keeps it. */
export type OnTally = (provider: Hex, tally: Tally, ticks: WindowTicks) => void

export function evaluateEpoch(input: EvaluateInput, onTally?: OnTally): Evaluation {
  const evaluation = new EpochEvaluation(input, onTally)
  evaluation.add(input.ballots)
  return evaluation.finish()
}

/**
 * An evaluation that takes the votes provider by provider, and keeps none: all votes of an epoch may be more than fits into
 * memory.
 */
export class EpochEvaluation {
  readonly #input: Omit<EvaluateInput, 'ballots'>
  readonly #parts: readonly Part[]
  readonly #places: ReadonlyMap<Hex, number>
  readonly #late: ReturnType<typeof endWindows>
  /** for this epoch's windows: what a window that ended late brought into force is in force before they end */
  readonly #soak: readonly SoakRules[]
  readonly #tallied: (Tallied | undefined)[]

  constructor(
    input: Omit<EvaluateInput, 'ballots'>,
    private readonly onTally: OnTally = () => undefined,
  ) {
    const { params } = input
    this.#input = input
    this.#parts = partsOf(input)
    this.#places = new Map(this.#parts.map(({ provider }, place) => [provider.account, place]))
    this.#tallied = new Array(this.#parts.length)
    const needed = params.soakShareBps > 0
    const lateTallies = this.#parts.map(({ late, soakVotes }) => late && tallyWindow(late, { held: soakVotes, needed }))
    this.#soak = this.#parts.map(({ soakVotes }, place) => ({
      held: lateTallies[place]?.soakVotes ?? soakVotes,
      needed,
    }))
    this.#late = endWindows(
      this.#parts.map(({ provider, previous, late: window }, place) => ({
        ...{ stake: provider.stake, previous },
        end: window && {
          claimKbps: window.claimKbps,
          tally: lateTallies[place]!,
          ticks: { up: window.ticksUp, total: window.ticksTotal },
        },
      })),
      params,
    )
  }

  /**
   * Takes the votes on some providers.
   * @param ballots of the whole ballot set, each with all of its votes on these providers
   * @throws RangeError for votes on a provider of which votes were taken before
   */
  add(ballots: readonly CountedBallot[]): void {
    eachProvider(ballots, this.#input.facts.epoch, (provider, votes) => {
      const place = this.#places.get(provider)
      if (place !== undefined) this.#take(place, votes)
    })
  }

  /** All providers of whom no ballot holds a vote are taken to have none. */
  finish(): Evaluation {
    const { params, facts } = this.#input
    for (let place = 0; place < this.#parts.length; place++) if (!this.#tallied[place]) this.#take(place, [])
    const tallied = this.#tallied as readonly Tallied[]
    const isEnd = isWindowEnd(facts.epoch, params.windowEpochs)
    const ended = endWindows(
      this.#parts.map(({ provider }, i) => ({
        ...{ stake: provider.stake, previous: this.#stateOf(i) },
        end: isEnd && isMeasured(provider) ? { claimKbps: provider.claimKbps, ...tallied[i]! } : undefined,
      })),
      params,
    )
    const leaves = this.#parts.map((part, i) => {
      const state = ended.states[i] ?? this.#stateOf(i) ?? firstState(part.provider.claimKbps)
      return leafOf(facts.epoch, part, state, tallied[i]!)
    })
    return {
      leaves,
      soakVotes: this.#carried(({ soakVotes }) => (soakVotes.length > 0 ? soakVotes : undefined)),
      windows: this.#carried(({ window }) => window),
      commonFailure: this.#late.commonFailure || ended.commonFailure,
    }
  }

  /** Tallies one provider for a person to read, with all that its votes say. Undefined for an account that gets no leaf. */
  tallyOf(account: Hex, ballots: readonly CountedBallot[]): DecodedTally | undefined {
    const place = this.#places.get(account)
    if (place === undefined) return undefined
    const votes = votesOn(account, ballots, this.#input.facts.epoch)
    const decoded = votes.map(vote => vote.decoded())
    return { tally: this.#tally(place, decoded) as DecodedTally['tally'], ticks: this.#ticks(place, votes) }
  }

  #take(place: number, votes: readonly EncodedVote[]): void {
    const { params, facts } = this.#input
    const { provider } = this.#parts[place]!
    if (this.#tallied[place] !== undefined) throw new RangeError(`The votes on ${provider.account} come in two parts.`)
    const [tally, ticks] = [this.#tally(place, votes), this.#ticks(place, votes)]
    this.onTally(provider.account, tally, ticks)
    const { status, rateKbps, breach, pathless, link } = tally
    const [isDue, isEnd] = [isMeasured(provider), isWindowEnd(facts.epoch, params.windowEpochs)]
    const window = isDue && !isEnd ? openWindow(facts.epoch, params, provider, tally, ticks) : undefined
    const soakVotes = isDue && isEnd ? tally.soakVotes : this.#soak[place]!.held
    this.#tallied[place] = { tally: { status, rateKbps, breach, pathless, link }, ticks, soakVotes, window }
  }

  #tally(place: number, votes: readonly CountedVote[]): Tally {
    const { params, facts, assignment } = this.#input
    const { provider, receivers, open } = this.#parts[place]!
    const { account, claimKbps } = provider
    const [groups, due] = [assignment.groupsOf(account), assignment.dueOf(account)]
    return tallyVotes({
      // In long windows most votes are of receivers that are not due, and state their heartbeats alone.
      votes: votes.filter(({ receiver }) => due.includes(receiver)),
      assigned: receivers,
      due,
      groups,
      beside: assignment.besideOf(account),
      waiting: open?.votes ?? WindowVotes.NONE,
      claimKbps,
      params,
      pathlessQ2: this.#stateOf(place)?.pathlessQ2 ?? 0,
      isSoak: vote => isSoak(soakSeed(vote, facts.beacon, groups), account, params),
      soak: this.#soak[place]!,
    })
  }

  /** Of the votes of the window's receivers, who all send heartbeats, without those who voted twice. */
  #ticks(place: number, votes: readonly EncodedVote[]): WindowTicks {
    const { receivers, open } = this.#parts[place]!
    return addTicks(windowTicks(singleVotes(votes, receivers), receivers.length, ticksOf(this.#input.params)), open)
  }

  #stateOf(place: number): WindowState | undefined {
    return this.#late.states[place] ?? this.#parts[place]!.previous
  }

  /** By provider. */
  #carried<T>(of: (tallied: Tallied) => T | undefined): Map<Hex, T> {
    const carried = new Map<Hex, T>()
    for (const [i, { provider }] of this.#parts.entries()) {
      const value = of(this.#tallied[i]!)
      if (value !== undefined) carried.set(provider.account, value)
    }
    return carried
  }
}

/** Written out: a spread of a state takes several times as long. */
const leafOf = (
  epoch: number,
  { provider, assignedRoot }: Part,
  state: WindowState,
  { soakVotes, window }: Pick<Tallied, 'soakVotes' | 'window'>,
): Leaf => ({
  epoch,
  index: provider.index,
  provider: provider.account,
  status: state.status,
  uptimeBps: state.uptimeBps,
  rateKbps: state.rateKbps,
  claimKbps: state.claimKbps,
  scoreBps: state.scoreBps,
  tier: state.tier,
  throughputQ32: state.throughputQ32,
  throughputSumQ32: state.throughputSumQ32,
  throughputWeightQ32: state.throughputWeightQ32,
  ticksUpQ16: state.ticksUpQ16,
  ticksTotalQ16: state.ticksTotalQ16,
  pathlessQ2: state.pathlessQ2,
  soakVotes: soakVotesDigest(soakVotes),
  windowVotes: windowDigest(window),
  link: state.link,
  breachBits: state.breachBits,
  breachPenaltyBps: state.breachPenaltyBps,
  assignedRoot,
  penaltyBps: state.penaltyBps,
})

const addTicks = ({ up, total }: WindowTicks, open: OpenWindow | undefined): WindowTicks => ({
  up: up + (open?.ticksUp ?? 0),
  total: total + (open?.ticksTotal ?? 0),
})

const openWindow = (
  epoch: number,
  { windowEpochs }: Pick<NetworkParams, 'windowEpochs'>,
  { claimKbps }: ActiveProvider,
  tally: Pick<Tally, 'assigned' | 'votes'>,
  ticks: WindowTicks,
): OpenWindow => ({
  first: windowStart(epoch, windowEpochs),
  assigned: tally.assigned,
  claimKbps,
  ticksUp: ticks.up,
  ticksTotal: ticks.total,
  votes: tally.votes,
})
