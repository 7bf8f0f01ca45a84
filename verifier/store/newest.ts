/**
 * The values that were written last. The next epoch and the list of providers ask for them at once, and to decode ten
 * thousand leaves holds the thread for half a second.
 */

/** The last report, and the one that is agreed on. */
const MOST = 2

interface Held<V> {
  readonly epoch: number
  readonly key: string
  readonly value: V
}

/** Of the newest epochs alone, so that whoever repairs an old epoch forgets no new one. */
export class Newest<V> {
  /** the newest epoch first, and in an epoch the value that was written last */
  #held: readonly Held<V>[] = []

  /** @param value which nobody changes any more */
  put(epoch: number, key: string, value: V): void {
    const others = this.#held.filter(one => one.key !== key)
    this.#held = [{ epoch, key, value }, ...others].sort((a, b) => b.epoch - a.epoch).slice(0, MOST)
  }

  get(key: string): V | undefined {
    return this.#held.find(one => one.key === key)?.value
  }

  forgetBefore(epoch: number): void {
    this.#held = this.#held.filter(one => one.epoch >= epoch)
  }
}
