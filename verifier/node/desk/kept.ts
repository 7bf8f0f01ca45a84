/** The values that were put last, by name. */
export class Kept<T> {
  readonly #values = new Map<string, T>()

  constructor(private readonly most: number) {}

  get(name: string): T | undefined {
    return this.#values.get(name)
  }

  put(name: string, value: T): void {
    this.#values.delete(name)
    this.#values.set(name, value)
    const [oldest] = this.#values.keys()
    if (this.#values.size > this.most) this.#values.delete(oldest!)
  }
}
