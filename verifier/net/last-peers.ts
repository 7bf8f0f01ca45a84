/** A map that keeps what was put last: new keys cost nothing, so nobody may fill a map with them. */
export class LastPeers<T> {
  /** the oldest first */
  readonly #entries = new Map<string, T>()

  constructor(private readonly most: number) {}

  get(name: string): T | undefined {
    return this.#entries.get(name)
  }

  put(name: string, value: T): void {
    this.#entries.delete(name)
    this.#entries.set(name, value)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.most) this.#entries.delete(oldest!)
  }

  newestFirst(): T[] {
    return [...this.#entries.values()].reverse()
  }
}
