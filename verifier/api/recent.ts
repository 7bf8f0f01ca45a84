/** The last few things that were made, so that many who ask for the same have it made once. */
export interface RecentOptions {
  /** things that are kept */
  readonly most: number
  /** after which a thing is made again; it never is without */
  readonly maxAgeMs?: number
  /** of a clock that only goes forward */
  readonly nowMs?: () => number
}

export class Recent<V> {
  /** the least recently asked for first */
  readonly #kept = new Map<string, { readonly value: Promise<V>; readonly sinceMs: number }>()
  readonly #nowMs: () => number

  constructor(private readonly options: RecentOptions) {
    this.#nowMs = options.nowMs ?? (() => performance.now())
  }

  /** What failed is made again. @throws as `make` */
  get(key: string, make: () => Promise<V>): Promise<V> {
    const { most, maxAgeMs = Number.POSITIVE_INFINITY } = this.options
    const held = this.#kept.get(key)
    this.#kept.delete(key)
    const isFresh = held !== undefined && this.#nowMs() - held.sinceMs < maxAgeMs
    const entry = isFresh ? held : { value: make(), sinceMs: this.#nowMs() }
    this.#kept.set(key, entry)
    entry.value.catch(() => {
      if (this.#kept.get(key) === entry) this.#kept.delete(key)
    })
    if (this.#kept.size > most) this.#kept.delete(this.#kept.keys().next().value!)
    return entry.value
  }
}
