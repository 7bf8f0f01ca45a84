/** What the bench found, and what must hold. Pure. */
import type { Outcome } from '../../../probe/index.js'
import { lowMedian } from '../../../probe/verdict/low-median.js'
import type { CrowdReport } from '../../strangers/messages.js'
import type { OpeningsReport } from './openings.js'

/** Strangers may move the median of the readings by this share. */
const MOST_SHIFT = 0.03
/** Without classes the same attack lowers a reading by more than this, or it would prove nothing. */
const LEAST_HARM = 0.1

export interface Found {
  readonly claimKbps: number
  readonly keys: number
  readonly alone: readonly Outcome[]
  readonly attacked: readonly Outcome[]
  /** by the same attack, at a relay that treats everybody alike */
  readonly withoutClasses: readonly Outcome[]
  readonly openings: OpeningsReport
  readonly crowd: CrowdReport
}

const rateOf = (outcome: Outcome): number => ('measurement' in outcome ? outcome.measurement.rateKbps : 0)

export const medianKbps = (outcomes: readonly Outcome[]): number => lowMedian(outcomes.map(rateOf)) ?? 0

/** One sentence each. */
export function failuresOf(found: Found): string[] {
  const { alone, attacked, withoutClasses, openings, crowd } = found
  const failures: string[] = []
  const check = (holds: boolean, sentence: string) => {
    if (!holds) failures.push(sentence)
  }
  const others = [...alone, ...attacked].filter(({ kind }) => kind !== 'verified')
  check(
    others.length === 0,
    `${others.length} sessions were not verified: ${others.map(({ kind }) => kind).join(', ')}.`,
  )
  const worst = Math.min(...attacked.map(rateOf)) / medianKbps(alone)
  check(worst >= 1 - MOST_SHIFT, `Strangers lowered a reading to ${percent(worst)} of those without them.`)
  const high = Math.max(...attacked.map(rateOf)) / medianKbps(alone)
  check(high <= 1 + MOST_SHIFT, `Strangers raised a reading to ${percent(high)} of those without them.`)
  const { reflectedBytes, openedBytes, opened } = openings
  check(reflectedBytes <= openedBytes, `${reflectedBytes} bytes were reflected for ${openedBytes} bytes of openings.`)
  check(reflectedBytes > 0, 'The relay challenged no next hop, so reflection was not tried.')
  check(opened >= found.keys, `Only ${opened} of ${found.keys} keys came.`)
  check(crowd.granted > 0, 'No stranger got a session, so the link was not tried.')
  const harm = 1 - Math.min(...withoutClasses.map(rateOf)) / medianKbps(alone)
  check(
    harm >= LEAST_HARM,
    `Without classes the attack lowers a reading by ${percent(harm)} only, so it proves little.`,
  )
  return failures
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
