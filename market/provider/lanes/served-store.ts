/** How many slots of each lane its key says were served: what the chain pays for. */
import type { Hex } from '../../../proto/hex.js'
import { KeptStore } from '../kept-store.js'

export interface KeptSlots {
  /** served so far */
  readonly slots: number
  /** of the lane's key: r, s and v */
  readonly signature: Hex
}

/** By lane. */
export type ServedStore = KeptStore<KeptSlots>

/** @param path of a folder. @throws UserError 'store' */
export const openServedStore = (path: string): Promise<ServedStore> => KeptStore.open(path, 'the served slots')
