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
  /** one write after the other */
  #last: Promise<unknown> = Promise.resolve()
  /** a write has failed since the database was opened */
  #isTorn = false
  #isClosed = false

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
  put(key: Hex, value: Value): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('the store is closed'))
    return this.#inTurn(() => this.#put(key, value))
  }

  close(): Promise<void> {
    this.#isClosed = true
    return this.#inTurn(() => this.#level.close())
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }

  async #put(key: Hex, value: Value): Promise<void> {
    if (this.#isTorn) await this.#openAgain()
    this.#isTorn = true
    await this.#level.put(key, value, { sync: true })
    this.#isTorn = false
    this.#newest.set(key, value)
  }

  /**
   * After a write that failed half-way, LevelDB takes further ones and says that they are on the disk. But its next start
   * skips them, since they follow the gap in its log. So it starts now, with a new log, and is told again what it must have.
   */
  async #openAgain(): Promise<void> {
    await this.#level.close()
    await this.#level.open()
    const all = [...this.#newest].map(([key, value]) => ({ type: 'put' as const, key, value }))
    await this.#level.batch(all, { sync: true })
  }
}
