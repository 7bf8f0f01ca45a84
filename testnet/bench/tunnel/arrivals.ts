/** When bytes came, and how long none did. Pure. */
import type { Span } from './role-messages.js'

/** What came is forgotten after this time, ms. */
const KEPT_MS = 30_000
const PRUNE_EVERY = 50_000

interface Arrival {
  readonly atMs: number
  readonly bytes: number
}

export class Arrivals {
  #all: Arrival[] = []

  add(bytes: number, atMs: number): void {
    this.#all.push({ atMs, bytes })
    if (this.#all.length % PRUNE_EVERY === 0) this.#all = this.#all.filter(one => one.atMs > atMs - KEPT_MS)
  }

  /** Bytes that came within the span, and the longest time without any that touches it. */
  during({ fromMs, toMs }: Span): { bytes: number; gapMs: number } {
    let [bytes, gapMs, lastMs] = [0, 0, fromMs]
    for (const one of this.#all) {
      if (one.atMs <= fromMs) {
        lastMs = one.atMs
        continue
      }
      if (lastMs >= toMs) break
      gapMs = Math.max(gapMs, one.atMs - lastMs)
      lastMs = one.atMs
      if (one.atMs <= toMs) bytes += one.bytes
    }
    return { bytes, gapMs: Math.max(gapMs, toMs - lastMs) }
  }
}
