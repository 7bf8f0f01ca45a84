/** The work of `bench cheat`: first real sessions, then windows drawn from them. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { limited } from '../../../probe/index.js'
import { DELIVERED_SHARE } from '../../profiles/cheats/link.js'
import { CHEATS, type CheatName } from '../../profiles/profiles.js'
import { framedWindow, inflatedWindow, lentWindow, SHARES, sendersToSpoil, vetoedWindow } from '../../sim/bounds.js'
import type { Sample } from '../../sim/sample.js'
import { type Aim, type Subject, simulate, type WindowResult } from '../../sim/windows.js'
import { BLOCK_WINDOWS, type CheatResult, type CheatRow, type CurveRow, cheatRow, slashedRuns } from './result.js'
import type { RigOptions } from './rig.js'
import {
  conspiracies,
  innocent,
  ROUGH,
  roughPath,
  roughShare,
  sample,
  sampleFresh,
  sampleLent,
  sampleOthers,
  sampleTogether,
} from './sessions.js'

/** The provider that must be slashed delivers this share of its claim, on the same path as the honest provider. */
const SLOW_SHARE = 0.6
/** Runs of five windows in which that provider must be slashed. */
const SLOW_RUNS = 100
/** A cheat gets one session for so many of an honest provider: its sessions differ less. */
const CHEATS_PART = 3

export interface CheatPlan {
  readonly seed: string
  readonly claimKbps: number
  readonly sessions: number
  readonly windows: number
  /** used instead of the measured errors */
  readonly errors: readonly number[] | undefined
  readonly committee: CheatResult['committee']
}

export type Findings = Pick<
  CheatResult,
  'errors' | 'samples' | 'innocence' | 'plots' | 'honest' | 'slow' | 'rows' | 'curves'
>

export async function runCheats(plan: CheatPlan, say: (line: string) => void): Promise<Findings> {
  const { claimKbps } = plan
  const innocence = await innocent(claimKbps)
  for (const { fault, soak, outcome } of innocence) {
    say(`honest provider, fault ${fault}${soak ? ' in a soak' : ''}: ${describe(outcome)}`)
  }
  const plots = await conspiracies(claimKbps)
  for (const { what, outcome } of plots) say(`delivers 60 %, ${what}: ${describe(outcome)}`)
  const samples = await realSessions(plan, say)
  const errors = plan.errors ?? errorsOf(samples.plain!, claimKbps)
  const windowsOf = (share: number, windows: number, subjects: readonly Subject[]) =>
    simulate({ ...plan.committee, share, claimKbps, windows, seed: plan.seed, errors, subjects })

  const fair = (name: string, freshEvery?: number): Subject => subjectOf(name, samples[name]!, 'raise', freshEvery)
  const honest = windowsOf(0, plan.windows, [fair('honest')]).get('honest')!
  const slow = windowsOf(0, SLOW_RUNS * BLOCK_WINDOWS, [fair('slow', BLOCK_WINDOWS)]).get('slow')!
  const byShare = SHARES.map(share => {
    const found = windowsOf(share, plan.windows, allSubjects(samples))
    say(`windows at share ${share}: ${plan.windows}`)
    return rowsOf(plan, share, samples, errors, found)
  })
  return {
    errors,
    samples,
    innocence,
    plots,
    honest: { windows: honest.length, breaches: honest.filter(({ breach }) => breach).length },
    slow: slashedRuns(slow),
    rows: byShare.flatMap(({ rows }) => rows),
    curves: byShare.map(({ curve }) => curve),
  }
}

const LENDER = 'lender'
const CHEAT_NAMES = Object.keys(CHEATS) as CheatName[]
/** Cheats that read otherwise in a soak than in an ordinary session. */
const UNLIKE_IN_SOAKS: ReadonlySet<CheatName> = new Set<CheatName>(['bucket', 'bigbucket', 'renter', 'sprinter'])

async function realSessions(plan: CheatPlan, say: (line: string) => void): Promise<Record<string, Sample>> {
  const { claimKbps, sessions, seed } = plan
  const samples: Record<string, Sample> = {}
  const add = (name: string, taken: Sample): void => {
    samples[name] = taken
    const again = taken.repeated > 0 ? `; ${taken.repeated} repeated` : ''
    const all = taken.lent ? [...taken.lent.outcomes, ...taken.lent.soaks].flat() : [...taken.outcomes, ...taken.soaks]
    say(`${name}: ${all.map(describe).join(', ')}${again}`)
  }
  const rough = (share: number) =>
    sample(sessions, Math.min(1, roughShare(ROUGH.linkShare * share)), {
      claimKbps,
      forwarding: roughPath(claimKbps, ROUGH.linkShare * share, Number.parseInt(seed, 36) || 1),
    })
  // Only its limit slows this provider down, so the errors of its readings are the noise of the measurement.
  add('plain', await sample(sessions, SLOW_SHARE, { claimKbps, forwarding: limited(SLOW_SHARE * claimKbps) }))
  add('honest', await rough(1))
  add('slow', await rough(SLOW_SHARE))
  const sharedDir = mkdtempSync(join(tmpdir(), 'bandwitness-twins-'))
  try {
    for (const name of CHEAT_NAMES) add(name, await ofCheat(name, plan, sharedDir))
  } finally {
    rmSync(sharedDir, { recursive: true })
  }
  add(LENDER, await sampleLent(Math.ceil(sessions / CHEATS_PART), DELIVERED_SHARE, { claimKbps }))
  return samples
}

function ofCheat(name: CheatName, { claimKbps, sessions, seed }: CheatPlan, sharedDir: string): Promise<Sample> {
  const cheat = CHEATS[name]
  const options = (of: string): RigOptions => ({
    claimKbps,
    forwarding: cheat.forwarding!({ seed: `${seed}/${of}`, claimKbps, sharedDir }),
  })
  const deliveredShare = cheat.deliversKbps(claimKbps, undefined) / claimKbps
  const count = Math.ceil(sessions / CHEATS_PART)
  if (UNLIKE_IN_SOAKS.has(name)) return sampleFresh(deliveredShare, options(name))
  if (name === 'crony') return sampleOthers(count, deliveredShare, options(name))
  // As verifiers measure providers of one network: at the same time.
  if (name === 'twin') return sampleTogether(count, deliveredShare / 2, [options('one'), options('other')])
  return sample(count, deliveredShare, options(name))
}

function describe(outcome: Sample['outcomes'][number]): string {
  const reason = 'reason' in outcome ? ` (${outcome.reason})` : ''
  return `${outcome.kind}${reason}${'measurement' in outcome ? ` ${outcome.measurement.rateKbps}` : ''}`
}

/** Relative errors of readings, for a provider whose delivered rate is known and not cut off by its claim. */
const errorsOf = ({ outcomes, deliveredShare }: Sample, claimKbps: number): number[] =>
  outcomes.flatMap(outcome =>
    'measurement' in outcome ? outcome.measurement.rateKbps / (deliveredShare * claimKbps) - 1 : [],
  )

const subjectOf = (name: string, taken: Sample, aim: Aim, freshEvery?: number): Subject => ({
  name,
  sample: taken,
  aim,
  ...(freshEvery && { freshEvery }),
})

const allSubjects = (samples: Readonly<Record<string, Sample>>): Subject[] => [
  subjectOf('honest', samples.honest!, 'frame'),
  subjectOf('slow', samples.slow!, 'raise'),
  ...CHEAT_NAMES.map(name => subjectOf(name, samples[name]!, 'raise')),
  subjectOf(LENDER, samples[LENDER]!, 'lend'),
]

function rowsOf(
  { claimKbps, committee }: CheatPlan,
  share: number,
  samples: Readonly<Record<string, Sample>>,
  errors: readonly number[],
  found: ReadonlyMap<string, readonly WindowResult[]>,
): { rows: CheatRow[]; curve: CurveRow } {
  const of = { ...committee, share }
  const row = (cheat: string, taken: Sample, bound: number): CheatRow =>
    cheatRow({ cheat, share, claimKbps, sample: taken, errors, bound }, found.get(cheat)!)
  const [honest, slow] = [found.get('honest')!, found.get('slow')!]
  return {
    rows: [
      ...CHEAT_NAMES.map(name => row(name, samples[name]!, inflatedWindow(of))),
      row(LENDER, samples[LENDER]!, lentWindow(of)),
    ],
    curve: {
      share,
      windows: honest.length,
      framed: honest.filter(({ breach }) => breach).length,
      framedBound: framedWindow(of),
      vetoed: slow.filter(({ breach }) => !breach).length,
      vetoedBound: vetoedWindow(of, sendersToSpoil(committee.senders)),
    },
  }
}
