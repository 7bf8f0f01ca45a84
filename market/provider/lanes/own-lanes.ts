/**
 * The lanes that users have reserved at this account: the relay's `Lanes`. It trusts the chain for what a lane is. It serves
 * one slot, and the next one once the lane's key has signed that the one before was served.
 */
import type { LaneShare, Lanes, MonotonicClock } from '../../../probe/ports.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import type { Lane } from '../../../proto/lane.js'
import type { KnownLane } from '../../../verifier/chain/lane-log.js'
import type { LaneSession, LaneSlots } from '../../../verifier/chain/lane-signatures.js'
import type { WallClock } from '../../../verifier/node/wall-clock.js'
import type { ServedStore } from './served-store.js'

export interface OwnLanesModules {
  /** What the contract's log says of the lanes that pay this account. */
  readonly read: () => Promise<ReadonlyMap<Hex, KnownLane>>
  readonly store: Pick<ServedStore, 'newest' | 'put'>
  /** The account whose key took a session into a lane; undefined for what is no signature. */
  readonly signerOf: (session: LaneSession, signature: Uint8Array) => Hex | undefined
  /** The account whose key signed for slots; undefined for what is no signature. */
  readonly slotsSignerOf: (served: LaneSlots, signature: Uint8Array) => Hex | undefined
  readonly slotSeconds: number
  /** of slots */
  readonly wallClock: WallClock
  readonly clock: MonotonicClock
  /** hears why the log could not be read */
  readonly onFault: (error: Error) => void
}

/** Between two looks at the log because somebody named a lane that is unknown. */
const LOOK_MS = 1000
/** A signature may come so much later than the end of its slot, or earlier if clocks differ. */
export const SIGN_MS = 3000

export class OwnLanes implements Lanes {
  readonly #modules: OwnLanesModules
  #lanes: ReadonlyMap<Hex, KnownLane> = new Map()
  /** of each lane that is in use, the slot that is served without a signature so far */
  readonly #unsigned = new Map<Hex, number>()
  /** one number is kept after the other: a lower one must not replace a higher one */
  #last: Promise<unknown> = Promise.resolve()
  #look: Promise<void> | undefined
  #lookedMs = Number.NEGATIVE_INFINITY

  constructor(modules: OwnLanesModules) {
    this.#modules = modules
  }

  /** By id, as of the last look. */
  get known(): ReadonlyMap<Hex, KnownLane> {
    return this.#lanes
  }

  shareOf(laneBytes: Uint8Array, sessionId: Uint8Array, signature: Uint8Array): LaneShare | undefined {
    const { signerOf, wallClock } = this.#modules
    const id = toHex(laneBytes)
    const lane = this.#lanes.get(id)?.lane
    if (lane === undefined) {
      this.#lookSoon()
      return undefined
    }
    const nowMs = wallClock.nowMs()
    const present = this.#slotAt(nowMs)
    if (present < lane.fromSlot || present >= lane.fromSlot + lane.slots) return undefined
    const unsigned = this.#unsigned.get(id) ?? present
    const share = this.#share(id, lane, unsigned, nowMs)
    // The signature last, since it costs most.
    if (share.leftMs <= 0 || signerOf({ id, sessionId }, signature) !== lane.signer) return undefined
    this.#unsigned.set(id, unsigned)
    return share
  }

  served(id: Hex, slots: number, signature: Uint8Array): Promise<LaneShare | undefined> {
    const kept = this.#last.then(() => this.#keep(id, slots, signature))
    this.#last = kept.catch(() => {})
    return kept
  }

  /** Reads the log. A look that is under way is shared. Never rejects. */
  lookAgain(): Promise<void> {
    this.#lookedMs = this.#modules.clock.now()
    this.#look ??= this.#modules
      .read()
      .then(lanes => {
        this.#lanes = lanes
        for (const id of this.#unsigned.keys()) if (!lanes.has(id)) this.#unsigned.delete(id)
      }, this.#modules.onFault)
      .finally(() => {
        this.#look = undefined
      })
    return this.#look
  }

  async #keep(id: Hex, slots: number, signature: Uint8Array): Promise<LaneShare | undefined> {
    const { store, slotsSignerOf, wallClock } = this.#modules
    const lane = this.#lanes.get(id)?.lane
    if (lane === undefined || slots > lane.slots || slots <= (store.newest(id)?.slots ?? 0)) return undefined
    if (slotsSignerOf({ id, slots }, signature) !== lane.signer) return undefined
    await store.put(id, { slots, signature: toHex(signature) })
    const nowMs = wallClock.nowMs()
    const next = this.#slotAt(nowMs + SIGN_MS)
    this.#unsigned.set(id, next)
    return this.#share(id, lane, next, nowMs)
  }

  /** Until the lane is over, or the slot had to be signed. */
  #share(id: Hex, { kbps, fromSlot, slots }: Lane, unsigned: number, nowMs: number): LaneShare {
    const slotMs = this.#modules.slotSeconds * 1000
    const untilMs = Math.min((fromSlot + slots) * slotMs, (unsigned + 1) * slotMs + SIGN_MS)
    return { id, kbps, leftMs: untilMs - nowMs }
  }

  #slotAt(atMs: number): number {
    return Math.floor(atMs / (this.#modules.slotSeconds * 1000))
  }

  /** Whoever invents lanes does not make the node ask its chain for each. */
  #lookSoon(): void {
    if (this.#modules.clock.now() >= this.#lookedMs + LOOK_MS) void this.lookAgain()
  }
}
