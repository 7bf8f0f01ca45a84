/** Items that arrive one by one, in order, and the readers that wait for the next one. */
export class Inbox<T> {
  readonly #items: T[] = []
  readonly #readers: ((item: T | undefined) => void)[] = []
  #consumer: ((item: T) => void) | undefined
  #ended = false

  /** Items that no reader has taken yet. */
  get size(): number {
    return this.#items.length
  }

  /** An item that arrives after the end is dropped. */
  put(item: T): void {
    if (this.#ended) return
    const reader = this.#readers.shift()
    if (reader) reader(item)
    else if (this.#consumer) this.#consumer(item)
    else this.#items.push(item)
  }

  /** Resolves with undefined once the inbox has ended and every item is taken. */
  next(): Promise<T | undefined> {
    if (this.#items.length > 0 || this.#ended) return Promise.resolve(this.#items.shift())
    return new Promise(resolve => this.#readers.push(resolve))
  }

  /** Hands over all waiting items, and from now on every new item at once. */
  forEach(consumer: (item: T) => void): void {
    this.#consumer = consumer
    for (const item of this.#items.splice(0)) consumer(item)
  }

  end(): void {
    this.#ended = true
    for (const reader of this.#readers.splice(0)) reader(undefined)
  }
}
