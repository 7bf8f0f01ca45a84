/**
 * Which verifiers vote without measuring, by decoys (proto/decoy.ts). Pure: everybody who holds the reveals and the signed
 * votes gets the same. The limits are derived in docs/research/decoys.md.
 */
import { type DecoyReveal, decoyLevelBps } from '../../../proto/decoy.js'
import type { Hex } from '../../../proto/hex.js'
import { OUTCOME, type Vote } from '../../../proto/vote.js'
import type { Assignment } from '../assignment/assign.js'
import { type ChainFacts, claimOf } from '../facts.js'
import type { CountedBallot } from '../scoring/evaluate.js'

/** Honest readings err by less than 1 %. Levels lie 6 % apart, so a reading is within this of at most one of them. */
export const DECOY_TOLERANCE_BPS = 300
/** Decoys with stakes of their own whose levels a verifier must have missed: no single one can accuse anybody. */
const LEAST_ACCUSERS = 2
/** A verifier is caught if it missed at least one task in so many. One that guesses misses three in four. */
const TASKS_A_MISS = 3

/** The votes of an epoch that can be compared with levels. */
export interface DecoyEpoch {
  readonly epoch: number
  /** of the receivers that were due, one of each; none for a provider that no receiver measured alone */
  votesOf(provider: Hex): readonly Vote[]
  /** what the provider claimed, kbit/s */
  claimOf(provider: Hex): number
}

export interface DecoyCount {
  /** votes that state a rate, at decoys whose reveal counts */
  readonly tasks: number
  readonly missed: number
}

export interface DecoyVerdict {
  /** by registry index, of those that had a task */
  readonly counts: ReadonlyMap<number, DecoyCount>
  /** registry indices */
  readonly caught: ReadonlySet<number>
}

/** @param ballots of the ballot set that the chain accepted for the epoch */
export function decoyEpoch(
  facts: ChainFacts,
  assignment: Pick<Assignment, 'dueOf' | 'groupsOf'>,
  ballots: readonly CountedBallot[],
): DecoyEpoch {
  const { epoch } = facts
  return {
    epoch,
    votesOf: provider => {
      // Members of a group measure shares of the claim, and no decoy knows which member gets how much.
      if (assignment.groupsOf(provider).length > 0) return []
      const due = assignment.dueOf(provider)
      return ballots.flatMap(({ verifier, votes }) => {
        const own = votes.filter(
          vote => vote.provider === provider && vote.receiver === verifier && vote.epoch === epoch,
        )
        return own.length === 1 && due.includes(verifier) ? own : []
      })
    },
    claimOf: provider => claimOf(facts, provider),
  }
}

/**
 * @param reveals as the chain took them: beforehand committed, and at most one for each provider and epoch
 * @param epochs those that the reveals cover; an epoch without a report has no votes, and is left out
 */
export function judgeByDecoys(reveals: readonly DecoyReveal[], epochs: readonly DecoyEpoch[]): DecoyVerdict {
  const tasks = reveals.flatMap(reveal => countedTasks(tasksOf(reveal, epochs)))
  const counts = new Map<number, { tasks: number; missed: number; accusers: Set<Hex> }>()
  for (const { receiver, decoy, isHit } of tasks) {
    const count = counts.get(receiver) ?? { tasks: 0, missed: 0, accusers: new Set() }
    counts.set(receiver, count)
    count.tasks++
    if (isHit) continue
    count.missed++
    count.accusers.add(decoy)
  }
  const caught = [...counts].filter(
    ([, one]) => one.accusers.size >= LEAST_ACCUSERS && one.missed * TASKS_A_MISS >= one.tasks,
  )
  return {
    counts: new Map([...counts].map(([receiver, one]) => [receiver, { tasks: one.tasks, missed: one.missed }])),
    caught: new Set(caught.map(([receiver]) => receiver)),
  }
}

interface Task {
  readonly receiver: number
  readonly decoy: Hex
  readonly isHit: boolean
}

function tasksOf({ provider, firstEpoch, lastEpoch, seed }: DecoyReveal, epochs: readonly DecoyEpoch[]): Task[] {
  return epochs
    .filter(({ epoch }) => epoch >= firstEpoch && epoch <= lastEpoch)
    .flatMap(of => {
      const claimKbps = of.claimOf(provider)
      return of.votesOf(provider).flatMap(vote => {
        const isHit = hits(vote, claimKbps, decoyLevelBps(seed, of.epoch, vote.receiver))
        return isHit === undefined ? [] : [{ receiver: vote.receiver, decoy: provider, isHit }]
      })
    })
}

/** A decoy that did not deliver what it says has no word: most receivers must have read their levels. */
function countedTasks(tasks: readonly Task[]): readonly Task[] {
  return tasks.filter(({ isHit }) => isHit).length * 2 > tasks.length ? tasks : []
}

/**
 * Whether a vote's rate is the one that the decoy let through; undefined if the vote states none. A vote that the decoy
 * served nothing is left out: a decoy that is down must not cost its receivers their rewards.
 */
function hits({ outcome, rateKbps }: Vote, claimKbps: number, levelBps: number): boolean | undefined {
  const excess = 10_000 * rateKbps - levelBps * claimKbps
  const tolerance = DECOY_TOLERANCE_BPS * claimKbps
  if (outcome === OUTCOME.verified || outcome === OUTCOME.under) return Math.abs(excess) < tolerance
  // A lower bound says nothing, unless it is above what can have come through.
  return outcome === OUTCOME.atLeast && excess >= tolerance ? false : undefined
}
