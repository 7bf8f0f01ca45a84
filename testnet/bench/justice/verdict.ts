/** Whether the probe was just: from the rows of each cell to the verdict. Pure. */
import type { CellResult, JusticeRow } from './result.js'

/** Outcomes that may cost a provider stake, or its standing. */
const BLAMING: readonly string[] = ['under', 'dead', 'refused', 'garbage', 'no-path']
/** A provider that delivers 60 % must be found in this share of the sessions. */
const FOUND_SHARE = 0.95
/** A provider whose household takes a part of its claim must be warned in this share of the sessions. */
const WARNED_SHARE = 0.95
/** A reading of the control cell below this was cut by the harness. */
const WHOLE = 0.995
/**
 * A pause this long, and this share of the session, may have cost a flow what its line would have carried. A long session
 * reads the median of many windows, so it bears a longer pause.
 */
const LAG_MS = 100
const LAG_SHARE = 0.03
/** So do many short pauses: what was held comes in bursts, and a short queue drops it. */
const PAUSED_SHARE = 0.2
/** A cell of which a larger share of sessions starved says more about the machine than about the probe. */
const STARVED_SHARE = 0.2
/**
 * The senders and the receiver run in the harness, on links that are wide. So these outcomes mean that the machine was
 * busy.
 */
const STARVED_REASONS: readonly string[] = ['sender-limited', 'senders-missing', 'receiver-fault']

export const isBlaming = ({ outcome }: Pick<JusticeRow, 'outcome'>): boolean => BLAMING.includes(outcome)

/** The harness stood still during the session: the session counts for nothing, and is repeated. */
export const isStarved = ({
  lagMs,
  pausedShare,
  seconds,
  reason,
}: Pick<JusticeRow, 'lagMs' | 'pausedShare' | 'seconds' | 'reason'>): boolean =>
  lagMs > Math.max(LAG_MS, LAG_SHARE * 1000 * seconds) ||
  pausedShare > PAUSED_SHARE ||
  STARVED_REASONS.includes(reason ?? '')

export const isWhole = ({ outcome, reading }: Pick<JusticeRow, 'outcome' | 'reading'>): boolean =>
  outcome === 'verified' && (reading ?? 0) >= WHOLE

/** Why the machine cannot say anything about the cell; null if it can. */
export function limitOf({ rows, starved, failure, unavailable }: CellResult): string | null {
  if (unavailable !== null) return unavailable
  const share = starved / Math.max(1, starved + rows.length)
  if (share <= STARVED_SHARE) return null
  return `the harness starved in ${starved} of ${starved + rows.length} sessions${failure === null ? '' : ` (${failure})`}`
}

/** Sessions after which the provider's own monitor said that its line did not keep the claim. */
export const warnedOf = (rows: readonly JusticeRow[]): number => rows.filter(({ warned }) => warned === true).length

/** Less than the claim passed the line, since the household's own traffic took the rest. */
export const isTaken = ({ passed }: Pick<JusticeRow, 'passed'>): boolean => passed !== null && passed < 1

/** What the cell shows that must not be; undefined if all is well. */
export function faultOf(cell: CellResult): string | undefined {
  const { class: of, rows } = cell
  if (limitOf(cell) !== null) return undefined
  if (of === 'slow') {
    const found = rows.filter(({ outcome }) => outcome === 'under').length
    return found < FOUND_SHARE * rows.length ? `found in ${found} of ${rows.length}` : undefined
  }
  if (of === 'control') {
    const cut = rows.filter(row => !isWhole(row)).length
    if (cut > 0) return `the harness cut ${cut} of ${rows.length}`
    const warned = warnedOf(rows)
    return warned > 0 ? `warned without cause in ${warned} of ${rows.length}` : undefined
  }
  if (of === 'household') {
    const warned = warnedOf(rows)
    return warned < WARNED_SHARE * rows.length ? `warned only in ${warned} of ${rows.length}` : undefined
  }
  if (of === 'contended') {
    const [taken, kept] = [rows.filter(isTaken), rows.filter(row => !isTaken(row))]
    const [blamed, warned] = [kept.filter(isBlaming).length, warnedOf(taken)]
    if (blamed > 0) return `blamed in ${blamed} of ${kept.length} sessions that had the claim`
    return warned < WARNED_SHARE * taken.length ? `warned only in ${warned} of ${taken.length}` : undefined
  }
  const blamed = rows.filter(isBlaming).length
  return of === 'honest' && blamed > 0 ? `blamed in ${blamed} of ${rows.length}` : undefined
}

export function verdictOf(cells: readonly CellResult[]): { readonly ok: boolean; readonly line: string } {
  const judged = cells.filter(({ class: of }) => of !== 'reported')
  const limited = judged.filter(cell => limitOf(cell) !== null)
  const faulty = judged.filter(cell => faultOf(cell) !== undefined)
  const just = judged.length - limited.length - faulty.length
  const names = (some: readonly CellResult[]) => some.map(({ name }) => name).join(', ')
  const parts = [
    `${just} of ${judged.length} judged cells just`,
    ...(faulty.length > 0 ? [`${faulty.length} not: ${names(faulty)}`] : []),
    ...(limited.length > 0 ? [`${limited.length} harness-limited: ${names(limited)}`] : []),
  ]
  // Without them, nothing shows that the probe still finds the slow, or that the harness is right.
  const mustHold = judged.filter(({ class: of }) => of === 'control' || of === 'slow')
  const held = mustHold.every(cell => limitOf(cell) === null)
  const ok = faulty.length === 0 && just > 0 && held
  return { ok, line: `${ok ? 'PASS' : 'FAIL'} justice: ${parts.join('; ')}` }
}
