/** The result of `bench cheat`, as in its JSON file, and the verdict on it. Rates in kbit/s. */

import type { Outcome } from '../../../probe/index.js'
import { INFLATION } from '../../profiles/cheats/check.js'
import { DELIVERED_SHARE } from '../../profiles/cheats/link.js'
import { type Committee, SHARES } from '../../sim/bounds.js'
import { binomial, tail, upperChance } from '../../sim/odds.js'
import type { Sample } from '../../sim/sample.js'
import type { WindowResult } from '../../sim/windows.js'
import { percent } from '../figures.js'
import type { Conspiracy, Innocence } from './sessions.js'

/** The promises hold up to this share of colluding verifiers. */
export const HELD_SHARE = 0.2
/** A count that chance produces less often contradicts its bound. */
const CHANCE = 0.001
/** A provider below the slashing threshold must be slashed within so many windows, in at least this share of runs. */
export const BLOCK_WINDOWS = 5
const SLASHED_SHARE = 0.99

/** One cheat at one share of colluding verifiers. */
export interface CheatRow {
  readonly cheat: string
  readonly share: number
  /** of the claim */
  readonly deliveredShare: number
  readonly windows: number
  /** windows with a certified rate */
  readonly measured: number
  /** mean over those windows of rate / delivered − 1, or of rate / claim if nothing is delivered */
  readonly inflation: number
  /** Windows whose votes decide. If only soaks reveal a cheat, windows whose soak limits have no vote in common. */
  readonly deciding: number
  /** of those, windows with a rate that no honest receiver read: colluders chose the rate */
  readonly captured: number
  /** of all windows */
  readonly breaches: number
  readonly penalties: number
  /** at the end */
  readonly scoreBps: number
  /** the derived probability that a window is captured */
  readonly bound: number
}

/** How often liars framed an honest provider (`framed`), or saved a provider that delivers 60 % (`vetoed`). */
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
  readonly plots: readonly Conspiracy[]
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
  /** n */
  readonly receivers: number
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
  const deciding = sample.soaks.length > 0 ? renewedLimits(windows, of.receivers) : windows
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

/** Windows with n soak votes in force, all cast since the one before: each is a draw of its own. */
function renewedLimits(windows: readonly WindowResult[], receivers: number): WindowResult[] {
  const renewed: WindowResult[] = []
  for (const window of windows) {
    const { soakEpochs } = window
    if (soakEpochs.length >= receivers && Math.min(...soakEpochs) > (renewed.at(-1)?.epoch ?? 0)) renewed.push(window)
  }
  return renewed
}

/** The highest rate in a deciding vote of an honest receiver. */
function highestHonest({ sample, errors, claimKbps }: RowFacts): number {
  const { outcomes, soaks } = sample
  const readings = (soaks.length > 0 ? soaks : outcomes).map(one =>
    'measurement' in one ? one.measurement.rateKbps : 0,
  )
  return Math.min(claimKbps, Math.round(Math.max(0, ...readings) * (1 + Math.max(0, ...errors))))
}

/** The number of runs of five windows, and in how many of them a penalty was set. */
export function slashedRuns(windows: readonly WindowResult[]): { runs: number; slashed: number } {
  const runs = Math.floor(windows.length / BLOCK_WINDOWS)
  const run = (i: number) => windows.slice(i * BLOCK_WINDOWS, (i + 1) * BLOCK_WINDOWS)
  const slashed = Array.from({ length: runs }, (_, i) => run(i).some(({ penaltyBps }) => penaltyBps > 0))
  return { runs, slashed: slashed.filter(Boolean).length }
}

const isSpoiled = (outcome: Outcome): boolean => 'reason' in outcome && outcome.reason === 'sender-spoiled'

/** Whether a count is too high for its bound. */
const exceeds = (count: number, trials: number, bound: number): boolean =>
  count > 0 && tail(count, trials, hits => binomial(trials, bound, hits)) < CHANCE

/** One sentence for each broken promise. */
export function failuresOf({
  rows,
  honest,
  slow,
  curves,
  innocence,
  plots,
  claimKbps,
}: Omit<CheatResult, 'failures' | 'verdict'>): string[] {
  const inflated = rows
    .filter(row => row.share <= HELD_SHARE && row.inflation > INFLATION && row.penalties === 0)
    .map(row => `${row.cheat} at share ${row.share} is inflated by ${percent(row.inflation, 1)} and was not caught`)
  const beyond = rows
    .filter(row => exceeds(row.captured, row.deciding, row.bound))
    .map(
      row =>
        `colluders chose the rate of ${row.cheat} at share ${row.share} in ${row.captured} of ${row.deciding} windows, while the derived bound is ${percent(row.bound, 1)}`,
    )
  const framed = curves
    .filter(row => exceeds(row.framed, row.windows, row.framedBound))
    .map(row => `an honest provider was framed in ${row.framed} of ${row.windows} windows at share ${row.share}`)
  const blamed = innocence
    .filter(({ outcome }) => ['under', 'dead', 'refused', 'garbage'].includes(outcome.kind))
    .map(
      ({ fault, soak, outcome }) =>
        `an honest provider was judged "${outcome.kind}" for the fault of another: ${fault}${soak ? ' in a soak' : ''}`,
    )
  const mostKbps = (1 + INFLATION) * DELIVERED_SHARE * claimKbps
  const gains = plots
    .filter(({ outcome }) => 'measurement' in outcome && outcome.measurement.rateKbps > mostKbps)
    .map(({ what }) => `a provider that delivers 60 % gains a rate: ${what}`)
  const excused = plots
    .filter(({ outcome, maySpoil }) => outcome.kind !== 'under' && !(maySpoil && isSpoiled(outcome)))
    .map(({ what, outcome }) => `a provider that delivers 60 % is judged "${outcome.kind}": ${what}`)
  return [
    ...inflated,
    ...beyond,
    ...framed,
    ...blamed,
    ...gains,
    ...excused,
    ...(honest.breaches > 0 ? [`an honest provider had ${honest.breaches} breaches in ${honest.windows} windows`] : []),
    ...(slow.slashed < SLASHED_SHARE * slow.runs
      ? [
          `a provider that delivers 60 % was slashed within ${BLOCK_WINDOWS} windows in only ${slow.slashed} of ${slow.runs} runs`,
        ]
      : []),
  ]
}

export function verdictOf(result: Omit<CheatResult, 'verdict'>): string {
  const { failures, rows, honest, slow } = result
  if (failures.length > 0) return `FAIL cheat: ${failures.join('; ')}`
  const held = rows.filter(row => row.share <= HELD_SHARE && row.penalties === 0)
  const most = Math.max(0, ...held.map(row => row.inflation))
  return (
    `PASS cheat: up to a share of ${HELD_SHARE} no cheat is inflated by more than ${percent(most, 1)} without being slashed, and at ` +
    `${SHARES.at(-1)} none is inflated more often than derived; honest: ${honest.breaches} breaches in ${honest.windows} windows ` +
    `(at most ${percent(upperChance(honest.breaches, honest.windows), 1)} at 95 %); 60 %: slashed within ${BLOCK_WINDOWS} windows in ` +
    `${slow.slashed} of ${slow.runs} runs (missed at most ${percent(upperChance(slow.runs - slow.slashed, slow.runs), 1)} at 95 %)`
  )
}
