/**
 * The lanes of a client: reserved at the providers that carry its legs, and signed for slot by slot. A lane's key lives as
 * long as the client: what is not signed comes back after the lane, but for a tenth (ADR 52).
 */
import type { RandomSource } from '../../probe/ports.js'
import { type Hex, toHex } from '../../proto/hex.js'
import type { ServedSlots } from '../../proto/messages.js'
import { accountOf } from '../../verifier/chain/account.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import type { ReservedLane } from '../../verifier/chain/lane-log.js'
import { signLaneSession, signLaneSlots } from '../../verifier/chain/lane-signatures.js'
import { reserveLane } from '../../verifier/chain/lanes.js'
import { until } from '../../verifier/node/waiting.js'
import { WALL_CLOCK } from '../../verifier/node/wall-clock.js'
import { slotsUntil } from '../core/lanes.js'

export interface ClientLanesModules {
  readonly chain: EthersChain
  readonly random: RandomSource
  readonly kbps: number
  /** unix milliseconds, when no lane is wanted any more */
  readonly untilMs: number
  /** the most to pay for each Mbit/s and slot, wei */
  readonly maxPrice: bigint
  readonly slotSeconds: number
}

/** What the sessions of a leg need of its lane. */
export interface LegLane {
  readonly id: Hex
  readonly kbps: number
  /** from which the provider must know it, unix milliseconds */
  readonly knownByMs: number
  /** takes a session into the lane */
  readonly sign: (sessionId: Uint8Array) => Uint8Array
}

interface Held {
  readonly reserved: ReservedLane
  readonly key: Hex
  /** signed so far */
  slots: number
}

const KEY_BYTES = 32
/** A provider may see the reservation so much later than this client. */
const SEEN_MS = 8000

export class ClientLanes {
  readonly #modules: ClientLanesModules
  readonly #held = new Map<Hex, Held>()

  constructor(modules: ClientLanesModules) {
    this.#modules = modules
  }

  /** What providers must offer for it; undefined once no lane is wanted any more. */
  get wish(): { readonly kbps: number; readonly maxPrice: bigint } | undefined {
    const { kbps, maxPrice } = this.#modules
    return this.#left.slots > 0 ? { kbps, maxPrice } : undefined
  }

  /** Whether `at` would reserve one, and so pay for it. */
  costs(payee: Hex): boolean {
    const known = this.#held.get(payee)
    return this.#left.slots > 0 && (known === undefined || this.#endMs(known) <= WALL_CLOCK.nowMs())
  }

  /** A lane at a payee, until no lane is wanted any more; undefined after that. @throws if the chain refuses it */
  async at(payee: Hex): Promise<LegLane | undefined> {
    const known = this.#held.get(payee)
    if (known !== undefined && this.#endMs(known) > WALL_CLOCK.nowMs()) return this.#shown(known)
    const { chain, random, kbps, maxPrice } = this.#modules
    const span = this.#left
    if (span.slots === 0) return undefined
    const key = toHex(random.bytes(KEY_BYTES))
    const reserved = await reserveLane(chain.sender!, { payee, kbps, ...span, signer: accountOf(key), maxPrice })
    const held = { reserved, key, slots: 0 }
    this.#held.set(payee, held)
    return this.#shown(held)
  }

  /**
   * Signs each slot that is over, as long as the leg carries. Resolves when the lane is over.
   * @param tell tells the payee
   * @throws AbortError once the leg has ended
   */
  async attend(payee: Hex, tell: (served: ServedSlots) => Promise<void>, legEnded: AbortSignal): Promise<void> {
    const { chain, slotSeconds } = this.#modules
    const held = this.#held.get(payee)!
    const { id, lane } = held.reserved
    const slotMs = slotSeconds * 1000
    while (WALL_CLOCK.nowMs() < this.#endMs(held)) {
      const slot = Math.max(lane.fromSlot, Math.floor(WALL_CLOCK.nowMs() / slotMs))
      await until((slot + 1) * slotMs, WALL_CLOCK, legEnded)
      held.slots++
      await tell({
        slots: held.slots,
        signature: signLaneSlots(chain.context.file, held.key, { id, slots: held.slots }),
      })
    }
  }

  get #left() {
    const { untilMs, slotSeconds } = this.#modules
    return slotsUntil(untilMs, slotSeconds, WALL_CLOCK.nowMs())
  }

  #endMs({ reserved: { lane } }: Held): number {
    return (lane.fromSlot + lane.slots) * this.#modules.slotSeconds * 1000
  }

  #shown({ reserved: { id, lane }, key }: Held): LegLane {
    const { chain, slotSeconds } = this.#modules
    const startMs = Math.max(lane.fromSlot * slotSeconds * 1000, WALL_CLOCK.nowMs())
    return {
      ...{ id, kbps: lane.kbps, knownByMs: startMs + SEEN_MS },
      sign: sessionId => signLaneSession(chain.context.file, key, { id, sessionId }),
    }
  }
}
