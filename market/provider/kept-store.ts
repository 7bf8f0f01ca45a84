/**
 * The newest value of each key, on the disk and in memory. The values are worth money: each is forced to the disk before
 * anything is carried for it.
 */
import { Level } from 'level'
import type { Hex } from '../../proto/hex.js'
import { levelFault } from '../core/level-fault.js'

export class KeptStore<Value> {
  readonly #level: Level<Hex, Value>
  readonly #newest: Map<Hex, Value>

  private constructor(level: Level<Hex, Value>, newest: Map<Hex, Value>) {
    this.#level = level
    this.#newest = newest
  }

  /**
   * @param path of a folder, which is made if it does not exist
   * @param what it holds, for a person
   * @throws UserError 'store'
   */
  static async open<Value>(path: string, what: string): Promise<KeptStore<Value>> {
    const level = new Level<Hex, Value>(path, { valueEncoding: 'json' })
    await level.open().catch(cause => {
      throw levelFault(`${what} in ${path}`, cause)
    })
    return new KeptStore(level, new Map(await level.iterator().all()))
  }

  newest(key: Hex): Value | undefined {
    return this.#newest.get(key)
  }

  all(): readonly Value[] {
    return [...this.#newest.values()]
  }

  /** Resolves once it would survive a power failure. @throws Error if the disk does not take it */
  async put(key: Hex, value: Value): Promise<void> {
    await this.#level.put(key, value, { sync: true })
    this.#newest.set(key, value)
  }

  close(): Promise<void> {
    return this.#level.close()
  }
}
