/**
 * Counts the size probes that arrived, by sender. Each counts once, and only at the length that it was sent with. Nothing
 * counts of a sender of whom anything longer came: then the path carries it, whatever the provider made of it.
 */
import { SIZES_BYTES, SIZES_SEQUENCE, sizeProbeBytes } from '../../proto/datagram.js'

const LONGEST = Math.max(...SIZES_BYTES)

export class SizeCount {
  readonly #arrived: readonly Set<number>[]
  readonly #hasLonger: boolean[]

  constructor(senders: number) {
    this.#arrived = Array.from({ length: senders }, () => new Set<number>())
    this.#hasLonger = new Array(senders).fill(false)
  }

  /** Hears of any datagram that came through the provider under a sender's tag. */
  pass(slot: number, length: number): void {
    if (length > LONGEST) this.#hasLonger[slot] = true
  }

  accept(slot: number, sequence: number, length: number): void {
    if (sizeProbeBytes(sequence - SIZES_SEQUENCE) === length) this.#arrived[slot]!.add(sequence)
  }

  /** By sender. */
  get counts(): number[] {
    return this.#arrived.map(({ size }, slot) => (this.#hasLonger[slot] ? 0 : size))
  }
}
