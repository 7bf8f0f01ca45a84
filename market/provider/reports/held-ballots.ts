/** The ballots that a provider has fetched, in memory. They read like those in the store of a verifier. */
import { type BallotIndex, standsIn, votesOf } from '../../../proto/ballot-index.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import type { BallotHead } from '../../../proto/messages.js'
import { VOTE_BYTES } from '../../../proto/vote.js'

interface Held {
  readonly parts: Map<number, Uint8Array>
  /** once all parts are there */
  whole?: { readonly head: BallotHead; readonly index: BallotIndex }
}

export class HeldBallots {
  readonly #ballots = new Map<Hex, Held>()

  async putPart(_epoch: number, root: Hex, part: number, votes: Uint8Array): Promise<void> {
    this.#of(root).parts.set(part, votes)
  }

  async putHead(head: BallotHead, index: BallotIndex): Promise<void> {
    this.#of(toHex(head.root)).whole = { head, index }
  }

  async head(root: Hex): Promise<BallotHead | undefined> {
    return this.#ballots.get(root)?.whole?.head
  }

  async count(root: Hex): Promise<number | undefined> {
    return this.#ballots.get(root)?.whole?.index.votes
  }

  async index(root: Hex): Promise<BallotIndex | undefined> {
    return this.#ballots.get(root)?.whole?.index
  }

  async part(root: Hex, part: number): Promise<Uint8Array | undefined> {
    return this.#ballots.get(root)?.parts.get(part)
  }

  async votes(root: Hex): Promise<Uint8Array[] | undefined> {
    const held = this.#ballots.get(root)
    if (held?.whole === undefined) return undefined
    return [...held.parts].sort(([a], [b]) => a - b).flatMap(([, votes]) => votesOf(votes))
  }

  async tree(root: Hex): Promise<Uint8Array | undefined> {
    return this.#ballots.get(root)?.whole?.index.tree().nodes
  }

  async vote(root: Hex, provider: Hex): Promise<Uint8Array | undefined> {
    const { parts, whole } = this.#ballots.get(root) ?? {}
    const place = whole?.index.placeOf(provider)
    if (whole === undefined || place === undefined) return undefined
    const { part, offset } = standsIn(place)
    return parts!.get(part)!.subarray(offset, offset + VOTE_BYTES)
  }

  async headsOf(epoch: number): Promise<BallotHead[]> {
    const heads = [...this.#ballots.values()].flatMap(({ whole }) => whole?.head ?? [])
    return heads.filter(head => head.epoch === epoch)
  }

  drop(root: Hex): void {
    this.#ballots.delete(root)
  }

  #of(root: Hex): Held {
    const held = this.#ballots.get(root) ?? { parts: new Map() }
    this.#ballots.set(root, held)
    return held
  }
}
