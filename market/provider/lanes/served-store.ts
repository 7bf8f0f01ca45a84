/**
 * How many slots of each lane its key says were served, on the disk: what the chain pays for. It is forced there before the
 * next slot is served.
 */
import { Level } from 'level'
import type { Hex } from '../../../proto/hex.js'
import { levelFault } from '../../core/level-fault.js'

export interface KeptSlots {
  /** served so far */
  readonly slots: number
  /** of the lane's key: r, s and v */
  readonly signature: Hex
}

export class ServedStore {
  readonly #level: Level<Hex, KeptSlots>
  /** by lane */
  readonly #newest: Map<Hex, KeptSlots>

  private constructor(level: Level<Hex, KeptSlots>, newest: Map<Hex, KeptSlots>) {
    this.#level = level
    this.#newest = newest
  }

  /** @param path of a folder, which is made if it does not exist. @throws UserError 'store' */
  static async open(path: string): Promise<ServedStore> {
    const level = new Level<Hex, KeptSlots>(path, { valueEncoding: 'json' })
    await level.open().catch(cause => {
      throw levelFault(`the served slots in ${path}`, cause)
    })
    return new ServedStore(level, new Map(await level.iterator().all()))
  }

  of(lane: Hex): KeptSlots | undefined {
    return this.#newest.get(lane)
  }

  /** Resolves once it would survive a power failure. @throws Error if the disk does not take it */
  async put(lane: Hex, kept: KeptSlots): Promise<void> {
    await this.#level.put(lane, kept, { sync: true })
    this.#newest.set(lane, kept)
  }

  close(): Promise<void> {
    return this.#level.close()
  }
}
