/**
 * The heart of the scoring: next leaves = f(previous leaves, ballot set, chain facts at B(e)), and nothing else. From the
 * same three inputs every node gets the same bits, in whatever order the inputs came.
 */
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { type Leaf, STATUS } from '../../../proto/leaf.js'
import type { NetworkParams } from '../../../proto/params.js'
import { soakVotesDigest } from '../../../proto/soak-vote.js'
import type { Vote } from '../../../proto/vote.js'
import { type Assignment, assignedRoot } from '../assignment/assign.js'
import { isSoak, ticksOf } from '../assignment/schedule.js'
import type { ActiveProvider, ChainFacts } from '../facts.js'
import { nextBreachState } from './breach.js'
import type { CarryOver } from './carry-over.js'
import { isCommonFailure } from './common-failure.js'
import { NEWCOMER, nextStanding } from './standing.js'
import { type Tally, tallyVotes } from './tally.js'
import { type WindowTicks, windowTicks } from './uptime.js'

export interface CountedBallot {
  /** registry index of the verifier whose signature the ballot's root carries */
  readonly verifier: number
  readonly votes: readonly Vote[]
}

export interface EvaluateInput {
  readonly params: NetworkParams
  readonly facts: ChainFacts
  readonly assignment: Pick<Assignment, 'receiversOf' | 'groupsOf'>
  /** the last accepted report; epoch 0 and no leaves before the first */
  readonly previous: CarryOver & { readonly epoch: number }
  readonly ballots: readonly CountedBallot[]
}

/** The leaves: one for every active provider, ascending by index. */
export interface Evaluation extends CarryOver {
  readonly commonFailure: boolean
  /** by provider */
  readonly tallies: ReadonlyMap<Hex, Tally>
  readonly ticks: ReadonlyMap<Hex, WindowTicks>
}

/** One provider's part of the evaluation, before its leaf is made. */
interface Window {
  readonly provider: ActiveProvider
  readonly stake: bigint
  readonly receivers: readonly number[]
  readonly previous: Leaf | undefined
  readonly tally: Tally
  readonly ticks: WindowTicks
}

export function evaluateEpoch(input: EvaluateInput): Evaluation {
  const { params, facts, assignment } = input
  const votes = votesByProvider(input)
  const previous = new Map(input.previous.leaves.map(leaf => [keyOf(leaf.index, leaf.provider), leaf]))
  const windows = [...facts.providers]
    .sort((a, b) => a.index - b.index)
    .map((provider): Window => {
      const receivers = assignment.receiversOf(provider.account)
      const last = previous.get(keyOf(provider.index, provider.account))
      const tally = tallyVotes({
        votes: votes.get(provider.account) ?? [],
        assigned: receivers,
        groups: assignment.groupsOf(provider.account),
        claimKbps: provider.claimKbps,
        params,
        unmeasuredRun: last?.unmeasuredRun ?? 0,
        soak: {
          now: isSoak(facts.beacon, provider.account, params),
          held: (last && input.previous.soakVotes.get(provider.account)) ?? [],
          needed: params.soakShareBps > 0,
        },
      })
      const counted = tally.receivers.flatMap(({ vote }) => vote ?? [])
      return {
        provider,
        stake: provider.stake,
        receivers,
        previous: last,
        tally,
        ticks: windowTicks(counted, receivers.length, ticksOf(params)),
      }
    })
  const commonFailure = isCommonFailure(windows, params)
  return {
    leaves: windows.map(window => leafOf(window, input, commonFailure)),
    soakVotes: new Map(
      windows
        .filter(({ tally }) => tally.soakVotes.length > 0)
        .map(({ provider, tally }) => [provider.account, tally.soakVotes]),
    ),
    commonFailure,
    tallies: new Map(windows.map(({ provider, tally }) => [provider.account, tally])),
    ticks: new Map(windows.map(({ provider, ticks }) => [provider.account, ticks])),
  }
}

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

function leafOf(window: Window, { params, facts }: EvaluateInput, commonFailure: boolean): Leaf {
  const { provider, previous, tally, ticks } = window
  const { status, rateKbps } = tally
  const { index, account, claimKbps } = provider
  const measured = status === STATUS.unmeasured ? undefined : { rateKbps, claimKbps }
  return {
    epoch: facts.epoch,
    index,
    provider: account,
    status,
    rateKbps,
    claimKbps,
    ...nextStanding(previous ?? NEWCOMER, { measured, pathless: tally.pathless, ticks }, params),
    soakVotes: soakVotesDigest(tally.soakVotes),
    windowVotes: ZERO_HASH,
    link: ZERO_HASH,
    assignedRoot: assignedRoot(window.receivers),
    ...nextBreachState(previous?.breachBits ?? 0, tally.breach && !commonFailure, rateKbps, claimKbps, params),
  }
}

const keyOf = (index: number, provider: Hex): string => `${index} ${provider}`
