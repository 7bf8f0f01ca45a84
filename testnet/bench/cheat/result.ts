/** What a run of `bench cheat` finds out, as its JSON file holds it, and what is to be read from it. Rates in kbit/s. */

import { type Committee, SHARES } from '../../sim/bounds.js'
import { binomial, tail, upperChance } from '../../sim/odds.js'
import type { Sample } from '../../sim/sample.js'
import type { WindowResult } from '../../sim/windows.js'
import type { Innocence } from './sessions.js'

/** A certified rate may be this much above what is delivered. */
export const INFLATION = 0.05
/** Up to this share of colluding verifiers. */
export const HELD_SHARE = 0.2
/** A count that chance gives less often than this contradicts its bound. */
const CHANCE = 0.001
/** A provider below the slashing threshold must be slashed in so many windows, so many times in a hundred. */
export const BLOCK_WINDOWS = 5
const SLASHED_SHARE = 0.99

/** One cheat at one share of colluding verifiers. */
export interface CheatRow {
  readonly cheat: string
  readonly share: number
  /** of the claim */
  readonly deliveredShare: number
  readonly windows: number
  /** windows in which it had a certified rate */
  readonly measured: number
  /** of those, the mean of rate over delivered less one; of the claim where nothing is delivered */
  readonly inflation: number
  /** Windows whose votes decide. For one that only soaks find out, the soaks: what they say stays until the next. */
  readonly deciding: number
  /** of those, with a rate that no honest receiver read: the colluders chose it */
  readonly captured: number
  /** of all windows */
  readonly breaches: number
  readonly penalties: number
  /** at the end */
  readonly scoreBps: number
  /** the derived probability that a window is captured */
  readonly bound: number
}

/** What liars did to an honest provider (`framed`), or for one that delivers 60 % (`vetoed`). */
export interface CurveRow {
  readonly share: number
  readonly windows: number
  readonly framed: number
  readonly framedBound: number
  readonly vetoed: number
  readonly vetoedBound: number
}

export interface CheatResult {
  readonly bench: 'cheat'
  readonly date: string
  readonly machine: string
  readonly seed: string
  readonly claimKbps: number
  readonly windows: number
  readonly committee: Required<Omit<Committee, 'share'>>
  /** relative errors of the readings of a provider whose rate is known */
  readonly errors: readonly number[]
  readonly samples: Readonly<Record<string, Sample>>
  readonly innocence: readonly Innocence[]
  readonly honest: { readonly windows: number; readonly breaches: number }
  readonly slow: { readonly runs: number; readonly slashed: number }
  readonly rows: readonly CheatRow[]
  readonly curves: readonly CurveRow[]
  readonly minutes: number
  readonly failures: readonly string[]
  readonly verdict: string
}

export interface RowFacts extends Pick<CheatRow, 'cheat' | 'share' | 'bound'> {
  readonly claimKbps: number
  readonly sample: Sample
  readonly errors: readonly number[]
}

export function cheatRow(of: RowFacts, windows: readonly WindowResult[]): CheatRow {
  const { cheat, share, bound, claimKbps, sample } = of
  const deliveredKbps = sample.deliveredShare * claimKbps
  const honestKbps = highestHonest(of)
  const inflationOf = (rateKbps: number): number =>
    deliveredKbps > 0 ? Math.max(0, rateKbps / deliveredKbps - 1) : rateKbps / claimKbps
  const rates = windows.flatMap(({ rateKbps }) => rateKbps ?? [])
  const inflations = rates.map(inflationOf)
  const deciding = sample.soaks.length > 0 ? windows.filter(({ soak }) => soak) : windows
  return {
    cheat,
    share,
    deliveredShare: sample.deliveredShare,
    windows: windows.length,
    measured: rates.length,
    inflation: inflations.length === 0 ? 0 : inflations.reduce((sum, one) => sum + one, 0) / inflations.length,
    deciding: deciding.length,
    captured: deciding.filter(({ rateKbps }) => (rateKbps ?? 0) > honestKbps).length,
    breaches: windows.filter(({ breach }) => breach).length,
    penalties: windows.filter(({ penaltyBps }) => penaltyBps > 0).length,
    scoreBps: windows.at(-1)?.scoreBps ?? 0,
    bound,
  }
}

/** The highest rate that a deciding vote of an honest receiver may carry. */
function highestHonest({ sample, errors, claimKbps }: RowFacts): number {
  const { outcomes, soaks } = sample
  const readings = (soaks.length > 0 ? soaks : outcomes).map(one =>
    'measurement' in one ? one.measurement.rateKbps : 0,
  )
  return Math.min(claimKbps, Math.round(Math.max(0, ...readings) * (1 + Math.max(0, ...errors))))
}

/** In how many runs of five windows a penalty was set. */
export function slashedRuns(windows: readonly WindowResult[]): { runs: number; slashed: number } {
  const runs = Math.floor(windows.length / BLOCK_WINDOWS)
  const run = (i: number) => windows.slice(i * BLOCK_WINDOWS, (i + 1) * BLOCK_WINDOWS)
  const slashed = Array.from({ length: runs }, (_, i) => run(i).some(({ penaltyBps }) => penaltyBps > 0))
  return { runs, slashed: slashed.filter(Boolean).length }
}

/** Whether a count is more than its bound explains. */
const exceeds = (count: number, trials: number, bound: number): boolean =>
  count > 0 && tail(count, trials, hits => binomial(trials, bound, hits)) < CHANCE

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** One sentence for each thing that does not hold. */
export function failuresOf({
  rows,
  honest,
  slow,
  curves,
  innocence,
}: Omit<CheatResult, 'failures' | 'verdict'>): string[] {
  const inflated = rows
    .filter(row => row.share <= HELD_SHARE && row.inflation > INFLATION && row.penalties === 0)
    .map(row => `${row.cheat} at share ${row.share} is inflated by ${percent(row.inflation)} and was not caught`)
  const beyond = rows
    .filter(row => exceeds(row.captured, row.deciding, row.bound))
    .map(
      row =>
        `${row.cheat} at share ${row.share} has its rate from colluders in ${row.captured} of ${row.deciding} windows, where ${percent(row.bound)} are derived`,
    )
  const framed = curves
    .filter(row => exceeds(row.framed, row.windows, row.framedBound))
    .map(row => `an honest provider is framed in ${row.framed} of ${row.windows} windows at share ${row.share}`)
  const blamed = innocence
    .filter(({ outcome }) => ['under', 'dead', 'refused', 'garbage'].includes(outcome.kind))
    .map(
      ({ fault, soak, outcome }) =>
        `an honest provider is "${outcome.kind}" for a fault of others: ${fault}${soak ? ' in a soak' : ''}`,
    )
  return [
    ...inflated,
    ...beyond,
    ...framed,
    ...blamed,
    ...(honest.breaches > 0 ? [`an honest provider has ${honest.breaches} breaches in ${honest.windows} windows`] : []),
    ...(slow.slashed < SLASHED_SHARE * slow.runs
      ? [
          `one that delivers 60 % is slashed within ${BLOCK_WINDOWS} windows in ${slow.slashed} of ${slow.runs} runs only`,
        ]
      : []),
  ]
}

export function verdictOf(result: Omit<CheatResult, 'verdict'>): string {
  const { failures, rows, honest, slow } = result
  if (failures.length > 0) return `FAIL: ${failures.join('; ')}`
  const held = rows.filter(row => row.share <= HELD_SHARE && row.penalties === 0)
  const most = Math.max(0, ...held.map(row => row.inflation))
  return (
    `PASS: up to a share of ${HELD_SHARE} no cheat is inflated by more than ${percent(most)} without being slashed, at ` +
    `${SHARES.at(-1)} none more often than derived; honest: ${honest.breaches} breaches in ${honest.windows} windows ` +
    `(at most ${percent(upperChance(honest.breaches, honest.windows))} at 95 %); 60 %: slashed within ${BLOCK_WINDOWS} windows in ` +
    `${slow.slashed} of ${slow.runs} runs (missed at most ${percent(upperChance(slow.runs - slow.slashed, slow.runs))} at 95 %)`
  )
}
