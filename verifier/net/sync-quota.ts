/**
 * How much a node gives over sync, to each verifier that has announced its peer, and to all others together. A verifier that
 * asks without end, or a thousand strangers, cannot use up the node's link, nor what the other verifiers need.
 */
import type { MonotonicClock } from '../../probe/ports.js'

/** A client opens four at once (`node/asking.ts`), and may open the next before this node has closed the last. */
const STREAMS_AT_ONCE = 6

/** All ballots of an epoch with 191 verifiers, from one peer: 48 MiB. */
const BURST_BYTES = 64 * 1024 * 1024
/** In an epoch of an hour as much as seven bursts. If a third of 191 verifiers take all that they can, 8 MB a second. */
const BYTES_PER_MS = 128
/** What any request costs: reading the store. So 32 a second in the long run. */
const REQUEST_BYTES = 4096

const STRANGERS = 'strangers'

/** One request that is being served. */
export interface Serving {
  /** @param bytes of the answer. An answer beyond what is left is a debt: the asker gets it, and then waits the longer */
  spend(bytes: number): void
  end(): void
}

export class SyncQuota {
  /** streams by asker */
  readonly #open = new Map<string, number>()
  /** when each asker has its whole burst again */
  readonly #fullMs = new Map<string, number>()

  constructor(
    private readonly isVerifier: (peerId: string) => boolean,
    private readonly clock: MonotonicClock,
  ) {}

  /** Undefined if the asker has used up its quota. */
  begin(peerId: string): Serving | undefined {
    const asker = this.isVerifier(peerId) ? peerId : STRANGERS
    const nowMs = this.clock.now()
    for (const [other, fullMs] of this.#fullMs) if (fullMs <= nowMs) this.#fullMs.delete(other)
    const open = this.#open.get(asker) ?? 0
    const spentMs = (this.#fullMs.get(asker) ?? nowMs) - nowMs
    if (open >= STREAMS_AT_ONCE || spentMs * BYTES_PER_MS >= BURST_BYTES) return undefined
    this.#open.set(asker, open + 1)
    this.#spend(asker, REQUEST_BYTES)
    return { spend: bytes => this.#spend(asker, bytes), end: () => this.#end(asker) }
  }

  #spend(asker: string, bytes: number): void {
    const fullMs = this.#fullMs.get(asker) ?? this.clock.now()
    this.#fullMs.set(asker, fullMs + bytes / BYTES_PER_MS)
  }

  #end(asker: string): void {
    const open = this.#open.get(asker)! - 1
    if (open === 0) this.#open.delete(asker)
    else this.#open.set(asker, open)
  }
}
