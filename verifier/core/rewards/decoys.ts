/**
 * Which verifiers vote without measuring, by decoys (proto/decoy.ts). Pure: everybody who holds the reveals and the signed
 * votes gets the same. The limits are derived in docs/research/decoys.md.
 */
import { type DecoyReveal, decoyLevelBps } from '../../../proto/decoy.js'
import type { Hex } from '../../../proto/hex.js'
import { OUTCOME, type Vote } from '../../../proto/vote.js'
import type { Assignment } from '../assignment/assign.js'
import { type ChainFacts, claimOf } from '../facts.js'
import type { Tally } from '../scoring/tally.js'

/** Honest readings err by less than 1 %. Levels lie 6 % apart, so a reading is within this of at most one of them. */
export const DECOY_TOLERANCE_BPS = 300
/** Decoys with stakes of their own whose levels a verifier must have missed: no single one can accuse anybody. */
const LEAST_ACCUSERS = 2
/** A verifier is caught if it missed at least one task in so many. One that guesses misses three in four. */
const TASKS_A_MISS = 3

/** A vote, as far as a level can be compared with it. */
export type DecoyReading = Pick<Vote, 'receiver' | 'outcome' | 'rateKbps'>

/** The votes of an epoch on every provider, any of which may turn out to be a decoy. */
export interface DecoyEpoch {
  readonly epoch: number
  /** by account; without those that groups of receivers measured */
  readonly providers: ReadonlyMap<Hex, { readonly claimKbps: number; readonly readings: readonly DecoyReading[] }>
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

/**
 * Gathers an epoch's readings while its report is evaluated. Members of a group measure shares of the claim, and no decoy
 * knows which member gets how much.
 */
export class DecoyReadings {
  readonly #providers = new Map<Hex, { readonly claimKbps: number; readonly readings: readonly DecoyReading[] }>()

  constructor(
    private readonly facts: ChainFacts,
    private readonly assignment: Pick<Assignment, 'groupsOf'>,
  ) {}

  /** @param tally of the report that the chain accepted: it holds one vote of each receiver that was due */
  add(provider: Hex, { receivers }: Pick<Tally, 'receivers'>): void {
    if (this.assignment.groupsOf(provider).length > 0) return
    const readings = receivers.flatMap(({ vote }) => (vote ? [readingOf(vote)] : []))
    this.#providers.set(provider, { claimKbps: claimOf(this.facts, provider), readings })
  }

  epoch(): DecoyEpoch {
    return { epoch: this.facts.epoch, providers: this.#providers }
  }
}

const readingOf = ({ receiver, outcome, rateKbps }: DecoyReading): DecoyReading => ({ receiver, outcome, rateKbps })

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
    .flatMap(({ epoch, providers }) => {
      const { claimKbps, readings } = providers.get(provider) ?? { claimKbps: 0, readings: [] }
      return readings.flatMap(reading => {
        const { receiver } = reading
        const isHit = hits(reading, claimKbps, decoyLevelBps(seed, epoch, receiver))
        return isHit === undefined ? [] : [{ receiver, decoy: provider, isHit }]
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
function hits({ outcome, rateKbps }: DecoyReading, claimKbps: number, levelBps: number): boolean | undefined {
  const excess = 10_000 * rateKbps - levelBps * claimKbps
  const tolerance = DECOY_TOLERANCE_BPS * claimKbps
  if (outcome === OUTCOME.verified || outcome === OUTCOME.under) return Math.abs(excess) < tolerance
  // A lower bound says nothing, unless it is above what can have come through.
  return outcome === OUTCOME.atLeast && excess >= tolerance ? false : undefined
}
