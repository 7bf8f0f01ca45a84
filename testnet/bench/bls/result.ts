/** What `bench bls` found, and its verdict. Pure. */
import { median } from '../quantile.js'

/** Rates of all ways are measured in turn, so that a machine that has other things to do slows all of them. */
export const WAYS = [
  'blst',
  'checker',
  'blst, one digest',
  'checker, one digest',
  'checker, one by one',
  'main thread, one by one',
  'checker, all wrong',
] as const
export type Way = (typeof WAYS)[number]

/** signatures a second */
export type Rates = Readonly<Record<Way, number>>

export interface BlsResult {
  readonly bench: 'bls'
  readonly machine: string
  readonly seed: string
  readonly signatures: number
  readonly rounds: readonly Rates[]
  readonly verdict: string
}

/** Of the library's own rate, at least. */
const LEAST_SHARE = 0.9

/** The ratio in each round is of two runs that follow each other closely; the median leaves the disturbed rounds out. */
export const ratio = (rounds: readonly Rates[], way: Way, to: Way): number =>
  median(rounds.map(rates => rates[way] / rates[to]))

export function verdictOf(rounds: readonly Rates[]): string {
  const distinct = ratio(rounds, 'checker', 'blst')
  const shared = ratio(rounds, 'checker, one digest', 'blst, one digest')
  const wrong = ratio(rounds, 'checker, all wrong', 'main thread, one by one')
  const found = `the checker has ${distinct.toFixed(2)} of the library's rate in batches, ${shared.toFixed(2)} for one digest, and ${wrong.toFixed(2)} of the rate of one by one if all are wrong`
  const isFast = distinct >= LEAST_SHARE && shared >= LEAST_SHARE
  return `${isFast ? 'PASS' : 'FAIL'} bls: ${found}`
}
