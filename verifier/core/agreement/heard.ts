/** The messages of one epoch's agreement that a verifier has heard, signatures checked. Each sender's first one stands. */
import type { SeenEntry } from '../../../proto/digests.js'
import type { Hex } from '../../../proto/hex.js'

/** A verifier's signed seen list; `L` is the message that carries the list, handed through untouched. */
export interface HeldList<L> {
  readonly verifier: number
  readonly entries: readonly SeenEntry[]
  readonly message: L
}

export class Heard<L> {
  readonly #commitments = new Map<number, Hex>()
  /** the first ballot of each verifier that was revealed in time. It counts if its commitment was heard in time, too */
  readonly #ballots = new Map<number, { readonly root: Hex; readonly commitment: Hex }>()
  readonly #equivocators = new Set<number>()
  readonly #lists = new Map<number, HeldList<L>>()
  readonly #signatures = new Map<string, Map<number, Uint8Array>>()

  commitment(verifier: number, commitment: Hex): void {
    if (!this.#commitments.has(verifier)) this.#commitments.set(verifier, commitment)
  }

  /** A second ballot of one verifier never counts, but shows that the verifier equivocates. @param inTime before the lists */
  ballot(verifier: number, root: Hex, commitment: Hex, inTime: boolean): void {
    const held = this.#ballots.get(verifier)
    if (held !== undefined && held.root !== root) this.#equivocators.add(verifier)
    if (inTime && held === undefined) this.#ballots.set(verifier, { root, commitment })
  }

  list(list: HeldList<L>): void {
    if (!this.#lists.has(list.verifier)) this.#lists.set(list.verifier, list)
  }

  /** @returns all signatures over this header in this round, by verifier */
  signature(round: number, headerHash: Hex, verifier: number, signature: Uint8Array): ReadonlyMap<number, Uint8Array> {
    const key = keyOf(round, headerHash)
    const signatures = this.#signatures.get(key) ?? new Map<number, Uint8Array>()
    this.#signatures.set(key, signatures)
    return signatures.set(verifier, signature)
  }

  signaturesOf(round: number, headerHash: Hex): ReadonlyMap<number, Uint8Array> {
    return this.#signatures.get(keyOf(round, headerHash)) ?? new Map()
  }

  /** Verifiers that revealed two ballots. Seen lists leave them out. */
  get equivocators(): readonly number[] {
    return [...this.#equivocators]
  }

  /** The ballots for this verifier's seen list, ascending by verifier. */
  get seenEntries(): SeenEntry[] {
    return this.#committed
      .filter(({ verifier }) => !this.#equivocators.has(verifier))
      .sort((a, b) => a.verifier - b.verifier)
  }

  get #committed(): SeenEntry[] {
    return [...this.#ballots]
      .filter(([verifier, { commitment }]) => this.#commitments.get(verifier) === commitment)
      .map(([verifier, { root }]) => ({ verifier, root }))
  }

  /** Ascending by verifier. */
  get lists(): HeldList<L>[] {
    return [...this.#lists.values()].sort((a, b) => a.verifier - b.verifier)
  }

  /** How many verifiers were heard in each step; of the signatures, those over the header that most have signed. */
  get counts(): HeardCounts {
    return {
      commitments: this.#commitments.size,
      ballots: this.#committed.length,
      lists: this.#lists.size,
      signatures: Math.max(0, ...[...this.#signatures.values()].map(({ size }) => size)),
    }
  }
}

export interface HeardCounts {
  readonly commitments: number
  readonly ballots: number
  readonly lists: number
  readonly signatures: number
}

const keyOf = (round: number, headerHash: Hex): string => `${round}:${headerHash}`
