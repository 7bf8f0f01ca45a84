/** An earlier result whose cells were run again, in part: a machine that was busy for a while costs only those. Pure. */
import { UserError } from '../../../verifier/config/errors.js'
import type { JusticeResult } from './result.js'
import { verdictOf } from './verdict.js'

/**
 * @returns the earlier result with the cells of the new one in place of its own; calibration and machine are the new one's
 * @throws UserError 'usage' if the two results do not compare
 */
export function completed(earlier: JusticeResult, again: JusticeResult): JusticeResult {
  for (const field of ['claimKbps', 'sessions'] as const) {
    if (earlier[field] === again[field]) continue
    throw new UserError(
      'usage',
      `The earlier result has ${field} ${earlier[field]}, and this run ${again[field]}. Run it as the earlier one was run.`,
    )
  }
  const renewed = new Map(again.cells.map(cell => [cell.name, cell]))
  const cells = earlier.cells.map(cell => {
    const found = renewed.get(cell.name)
    renewed.delete(cell.name)
    return found ?? cell
  })
  cells.push(...renewed.values())
  const { ok, line } = verdictOf(cells)
  return {
    ...again,
    ...{ cells, ok, verdict: line },
    overruns: earlier.overruns === null || again.overruns === null ? null : earlier.overruns + again.overruns,
    cpuSeconds: earlier.cpuSeconds + again.cpuSeconds,
    minutes: earlier.minutes + again.minutes,
  }
}
