/** Bounds on who decoys catch, by binomial tails. Derived in docs/research/decoys.md. */
import { binomial, tail } from './odds.js'

/** The misses with which a verifier of so many tasks is caught, if they are at two decoys. */
export const missesToCatch = (tasks: number): number => Math.max(2, Math.ceil(tasks / 3))

/** At most this is the chance to be caught with a chance of a miss at each task, misses at two decoys or not. */
export const caughtAtMost = (tasks: number, missChance: number): number =>
  tail(missesToCatch(tasks), tasks, misses => binomial(tasks, missChance, misses))

/** At least this, with an equal part of the tasks at each decoy. Misses that are all at one decoy catch nobody. */
export function caughtAtLeast(tasks: number, decoys: number, missChance: number): number {
  const each = tasks / decoys
  const allAtOne = each < missesToCatch(tasks) ? 0 : decoys * (1 - missChance) ** (tasks - each)
  return Math.max(0, caughtAtMost(tasks, missChance) - allAtOne)
}
