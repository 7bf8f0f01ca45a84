/**
 * The levels of a decoy's sessions, in memory that the main thread and the data plane's worker share. The main thread knows
 * the assignment, and so who measures in which slot. The worker sees datagrams.
 */
import { DECOY_LEVELS_BPS } from '../../../proto/decoy.js'

/** An epoch with more rounds has no room in the table. */
const MAX_ROUNDS = 4096
const FULL_BPS = DECOY_LEVELS_BPS.at(-1)!

/** Cells: start of the first slot (unix milliseconds), length of a slot, number of rounds, and then a level for each round. */
const [FIRST, SLOT, ROUNDS, LEVELS] = [0, 1, 2, 3] as const

export class LevelTable {
  readonly #cells: Float64Array

  /** @param memory of another thread's table (default: a table of its own) */
  constructor(readonly memory = new SharedArrayBuffer((LEVELS + MAX_ROUNDS) * Float64Array.BYTES_PER_ELEMENT)) {
    this.#cells = new Float64Array(memory)
  }

  /**
   * Replaces the table. @param levels basis points by round; a round without one lets everything through
   * @throws RangeError for an epoch of too many rounds
   */
  write(firstSlotMs: number, slotMs: number, levels: ReadonlyMap<number, number>): void {
    const rounds = Math.max(-1, ...levels.keys()) + 1
    if (rounds > MAX_ROUNDS) throw new RangeError(`An epoch of ${rounds} rounds is too long for a decoy.`)
    this.#cells[ROUNDS] = 0 // the other thread must not read half a table
    this.#cells[FIRST] = firstSlotMs
    this.#cells[SLOT] = slotMs
    for (let round = 0; round < rounds; round++) this.#cells[LEVELS + round] = levels.get(round) ?? FULL_BPS
    this.#cells[ROUNDS] = rounds
  }

  /** The slot in which a session was opened. @returns undefined if no session of the assignment has one there */
  slotAt(openedMs: number): { readonly startMs: number; readonly levelBps: number } | undefined {
    const [firstMs, slotMs, rounds] = [this.#cells[FIRST]!, this.#cells[SLOT]!, this.#cells[ROUNDS]!]
    const round = Math.floor((openedMs - firstMs) / slotMs)
    if (!(round >= 0 && round < rounds)) return undefined
    return { startMs: firstMs + round * slotMs, levelBps: this.#cells[LEVELS + round]! }
  }
}
