/** Bytes that have passed a point, over time: a counter's value at each look. Pure. */
export class Curve {
  readonly #times: number[] = []
  readonly #bytes: number[] = []

  /** Neither time nor bytes go back. */
  push(nowMs: number, bytes: number): void {
    this.#times.push(nowMs)
    this.#bytes.push(bytes)
  }

  get fromMs(): number {
    return this.#times[0] ?? 0
  }

  get toMs(): number {
    return this.#times.at(-1) ?? 0
  }

  /** Between two looks the bytes count as having passed evenly. Before the first look and after the last the nearest value holds. */
  bytesAt(ms: number): number {
    const after = this.#firstFrom(ms)
    if (after === 0) return this.#bytes[0] ?? 0
    if (after === this.#times.length) return this.#bytes.at(-1)!
    const fromMs = this.#times[after - 1]!
    const from = this.#bytes[after - 1]!
    const share = (ms - fromMs) / (this.#times[after]! - fromMs)
    return from + share * (this.#bytes[after]! - from)
  }

  rateKbps(fromMs: number, toMs: number): number {
    return toMs > fromMs ? ((this.bytesAt(toMs) - this.bytesAt(fromMs)) * 8) / (toMs - fromMs) : 0
  }

  /** The last look before so many more bytes had passed since `fromMs`; undefined if they never had. */
  riseMs(fromMs: number, bytes: number): number | undefined {
    const level = this.bytesAt(fromMs) + bytes
    const index = this.#bytes.findIndex((seen, i) => this.#times[i]! >= fromMs && seen >= level)
    return index < 0 ? undefined : Math.max(fromMs, this.#times[Math.max(0, index - 1)]!)
  }

  #firstFrom(ms: number): number {
    let low = 0
    let high = this.#times.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#times[middle]! < ms) low = middle + 1
      else high = middle
    }
    return low
  }
}
