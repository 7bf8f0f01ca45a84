/** From a cell's model to the lines of one session. */
import { delay } from '../../lab/line/filters.js'
import type { Random } from '../../lab/line/random.js'
import { chain } from '../../lab/line/stage.js'
import type { PathLines } from '../../lab/modelled-path.js'
import type { JusticeCell } from './cells.js'

/** Of every way to the receiver, and back. */
const BASE_MS = 10

export function linesOf(
  { lines }: Pick<JusticeCell, 'lines'>,
  claimKbps: number,
  senders: number,
  random: Random,
): PathLines {
  const { out = [], back = [], in: shared, firstIn, nat = false } = lines(claimKbps, random)
  const own = firstIn && Array.from({ length: senders }, (_, slot) => chain(slot === 0 ? firstIn : []))
  return {
    in: own ?? (shared ? [chain(shared)] : []),
    // The base delay comes first, so that all that leaves the way out arrives at once.
    out: chain([delay(BASE_MS), ...out]),
    back: chain([...back, delay(BASE_MS)]),
    directMs: BASE_MS,
    nat,
  }
}
