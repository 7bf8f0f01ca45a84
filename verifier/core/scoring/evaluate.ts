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
import type { NetworkParams } from '../../../proto/params.js'
import { type SoakVote, soakVotesDigest } from '../../../proto/soak-vote.js'
import type { Vote } from '../../../proto/vote.js'
import { type OpenWindow, windowDigest } from '../../../proto/window-votes.js'
import { type Assignment, assignedRoot } from '../assignment/assign.js'
import { isSoak, soakSeed, ticksOf } from '../assignment/schedule.js'
import type { ActiveProvider, ChainFacts } from '../facts.js'
import type { CarryOver } from './carry-over.js'
import { type Tally, tallyVotes, tallyWindow } from './tally.js'
import { type WindowTicks, windowTicks } from './uptime.js'
import { endWindows, firstState, type WindowState } from './window-end.js'

export interface CountedBallot {
  /** registry index of the verifier whose signature the ballot's root carries */
  readonly verifier: number
  readonly votes: readonly Vote[]
}

export interface EvaluateInput {
  readonly params: NetworkParams
  readonly facts: ChainFacts
  readonly assignment: Pick<Assignment, 'receiversOf' | 'assignedOf' | 'dueOf' | 'groupsOf' | 'besideOf'>
  /** the last accepted report; epoch 0 and no leaves before the first */
  readonly previous: CarryOver & { readonly epoch: number }
  readonly ballots: readonly CountedBallot[]
}

/** The leaves: one for every active provider, and for one that left with an open window; ascending by index. */
export interface Evaluation extends CarryOver {
  readonly commonFailure: boolean
  /** by provider */
  readonly tallies: ReadonlyMap<Hex, Tally>
  readonly ticks: ReadonlyMap<Hex, WindowTicks>
}

/** One provider's part of the evaluation. */
interface Part {
  readonly provider: ActiveProvider
  readonly receivers: readonly number[]
  /** of the receivers of the window; a leaf with a penalty must name them even if the provider has left */
  readonly assignedRoot: Hex
  /** from the last report, but for the penalty, which that report's leaf carried */
  readonly previous: WindowState | undefined
  /** a window that ended without a report or by the provider's exit, so that its votes still wait */
  readonly late: OpenWindow | undefined
  /** this epoch's window, as earlier epochs left it */
  readonly open: OpenWindow | undefined
  readonly soakVotes: readonly SoakVote[]
}

export function evaluateEpoch(input: EvaluateInput): Evaluation {
  const { params, facts } = input
  const votes = votesByProvider(input)
  const parts = partsOf(input)
  const needed = params.soakShareBps > 0
  const late = endWindows(
    parts.map(({ provider, previous, late: window, soakVotes }) => ({
      ...{ stake: provider.stake, previous },
      end: window && {
        claimKbps: window.claimKbps,
        tally: tallyWindow(window, { held: soakVotes, cast: [], needed }),
        ticks: { up: window.ticksUp, total: window.ticksTotal },
      },
    })),
    params,
  )
  const current = parts.map((part, i) => {
    const state = late.states[i] ?? part.previous
    const { account } = part.provider
    const cast = votes.get(account) ?? []
    const groups = input.assignment.groupsOf(account)
    const tally = tallyVotes({
      ...{ votes: cast, assigned: part.receivers, due: input.assignment.dueOf(account) },
      ...{ groups, beside: input.assignment.besideOf(account), waiting: part.open?.votes ?? [] },
      ...{ claimKbps: part.provider.claimKbps, params, pathlessQ2: state?.pathlessQ2 ?? 0 },
      isSoak: vote => isSoak(soakSeed(vote, facts.beacon, groups), account, params),
      soak: { held: part.soakVotes, needed },
    })
    const ticks = windowTicks(singleVotes(cast, part.receivers), part.receivers.length, ticksOf(params))
    return { ...part, state, tally, ticks: addTicks(ticks, part.open) }
  })
  const isEnd = isWindowEnd(facts.epoch, params.windowEpochs)
  const ended = endWindows(
    current.map(({ provider, state, tally, ticks }) => ({
      ...{ stake: provider.stake, previous: state },
      end: isEnd && isMeasured(provider) ? { claimKbps: provider.claimKbps, tally, ticks } : undefined,
    })),
    params,
  )
  const windows = new Map<Hex, OpenWindow>()
  const leaves = current.map(({ provider, assignedRoot, state, tally, ticks }, i): Leaf => {
    const { index, account, claimKbps } = provider
    const window =
      isEnd || !isMeasured(provider) ? undefined : openWindow(facts.epoch, params, provider, { tally, ticks })
    if (window) windows.set(account, window)
    return {
      ...(ended.states[i] ?? state ?? firstState(claimKbps)),
      ...{ epoch: facts.epoch, index, provider: account, assignedRoot },
      ...{ soakVotes: soakVotesDigest(tally.soakVotes), windowVotes: windowDigest(window) },
    }
  })
  return {
    ...{ leaves, windows },
    soakVotes: new Map(
      current
        .filter(({ tally }) => tally.soakVotes.length > 0)
        .map(({ provider, tally }) => [provider.account, tally.soakVotes]),
    ),
    commonFailure: late.commonFailure || ended.commonFailure,
    tallies: new Map(current.map(({ provider, tally }) => [provider.account, tally])),
    ticks: new Map(current.map(({ provider, ticks }) => [provider.account, ticks])),
  }
}

function partsOf({ facts, assignment, previous, params }: EvaluateInput): Part[] {
  const leaves = new Map(previous.leaves.map(leaf => [keyOf(leaf.index, leaf.provider), leaf]))
  const first = windowStart(facts.epoch, params.windowEpochs)
  return facts.providers
    .map(provider => {
      const { account, index, active } = provider
      const leaf = leaves.get(keyOf(index, account))
      const window = leaf && previous.windows.get(account)
      const goesOn = active && window?.first === first
      const receivers = isMeasured(provider) ? assignment.receiversOf(account) : []
      const assigned = isMeasured(provider) ? assignment.assignedOf(account) : []
      return {
        ...{ provider, receivers },
        assignedRoot: active || leaf === undefined ? assignedRoot(assigned) : leaf.assignedRoot,
        previous: leaf && { ...leaf, penaltyBps: 0 },
        late: goesOn ? undefined : window,
        open: goesOn ? window : undefined,
        soakVotes: (leaf && previous.soakVotes.get(account)) ?? [],
      }
    })
    .filter(({ provider, late }) => provider.active || late !== undefined)
    .sort((a, b) => a.provider.index - b.provider.index)
}

const isMeasured = ({ active, inWindow }: ActiveProvider): boolean => active && inWindow

const addTicks = ({ up, total }: WindowTicks, open: OpenWindow | undefined): WindowTicks => ({
  up: up + (open?.ticksUp ?? 0),
  total: total + (open?.ticksTotal ?? 0),
})

const openWindow = (
  epoch: number,
  { windowEpochs }: Pick<NetworkParams, 'windowEpochs'>,
  { claimKbps }: ActiveProvider,
  { tally, ticks }: { readonly tally: Tally; readonly ticks: WindowTicks },
): OpenWindow => ({
  ...{ first: windowStart(epoch, windowEpochs), assigned: tally.assigned, claimKbps },
  ...{ ticksUp: ticks.up, ticksTotal: ticks.total, votes: tally.votes },
})

/** The votes of the window's receivers, who all send heartbeats, without those who voted twice. */
const singleVotes = (votes: readonly Vote[], receivers: readonly number[]): Vote[] =>
  receivers.flatMap(receiver => {
    const own = votes.filter(vote => vote.receiver === receiver)
    return own.length === 1 ? own : []
  })

/** A vote counts if it is for this epoch and in the ballot of its own receiver. `tallyVotes` checks the rest. */
function votesByProvider({ facts, ballots }: EvaluateInput): Map<Hex, Vote[]> {
  const votes = new Map<Hex, Vote[]>()
  for (const { verifier, votes: cast } of ballots) {
    for (const vote of cast) {
      if (vote.epoch !== facts.epoch || vote.receiver !== verifier) continue
      const others = votes.get(vote.provider)
      if (others) others.push(vote)
      else votes.set(vote.provider, [vote])
    }
  }
  return votes
}

const keyOf = (index: number, provider: Hex): string => `${index} ${provider}`
