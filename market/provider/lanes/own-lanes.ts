/** The lanes that users have reserved at this account: the relay's `Lanes`. It trusts the chain for what a lane is. */
import type { LaneShare, Lanes, MonotonicClock } from '../../../probe/ports.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import type { KnownLane } from '../../../verifier/chain/lane-log.js'
import type { LaneSession } from '../../../verifier/chain/lane-signatures.js'
import type { WallClock } from '../../../verifier/node/wall-clock.js'

export interface OwnLanesModules {
  /** What the contract's log says of the lanes that pay this account. */
  readonly read: () => Promise<ReadonlyMap<Hex, KnownLane>>
  /** The account whose key signed; undefined for what is no signature. */
  readonly signerOf: (session: LaneSession, signature: Uint8Array) => Hex | undefined
  readonly slotSeconds: number
  /** of slots */
  readonly wallClock: WallClock
  readonly clock: MonotonicClock
  /** hears why the log could not be read */
  readonly onFault: (error: Error) => void
}

/** Between two looks at the log because somebody named a lane that is unknown. */
const LOOK_MS = 1000

export class OwnLanes implements Lanes {
  readonly #modules: OwnLanesModules
  #lanes: ReadonlyMap<Hex, KnownLane> = new Map()
  #look: Promise<void> | undefined
  #lookedMs = Number.NEGATIVE_INFINITY

  constructor(modules: OwnLanesModules) {
    this.#modules = modules
  }

  shareOf(laneBytes: Uint8Array, sessionId: Uint8Array, signature: Uint8Array): LaneShare | undefined {
    const { signerOf, slotSeconds, wallClock } = this.#modules
    const id = toHex(laneBytes)
    const known = this.#lanes.get(id)
    if (known === undefined) {
      this.#lookSoon()
      return undefined
    }
    const { kbps, fromSlot, slots, signer } = known.lane
    const [nowMs, slotMs] = [wallClock.nowMs(), slotSeconds * 1000]
    const leftMs = (fromSlot + slots) * slotMs - nowMs
    if (nowMs < fromSlot * slotMs || leftMs <= 0) return undefined
    // Last, since it costs most.
    return signerOf({ id, sessionId }, signature) === signer ? { id, kbps, leftMs } : undefined
  }

  /** Reads the log. A look that is under way is shared. Never rejects. */
  lookAgain(): Promise<void> {
    this.#lookedMs = this.#modules.clock.now()
    this.#look ??= this.#modules
      .read()
      .then(lanes => {
        this.#lanes = lanes
      }, this.#modules.onFault)
      .finally(() => {
        this.#look = undefined
      })
    return this.#look
  }

  /** Whoever invents lanes does not make the node ask its chain for each. */
  #lookSoon(): void {
    if (this.#modules.clock.now() >= this.#lookedMs + LOOK_MS) void this.lookAgain()
  }
}
