/**
 * The index of a ballot: of each vote its provider and its hash, in the order of the ballot, ascending by provider. Whoever has
 * the index of a root knows each vote when it comes, from whomever, and so can fetch a ballot in parts.
 *
 *   entry    provider, 20 bytes ‖ keccak256 of the encoded vote, 32 bytes
 *
 * A leaf of the ballot's tree is the hash of the vote's hash. So an index proves how many votes its root has: an inner node is
 * the hash of 64 bytes, and nobody can name 32 bytes with the same hash. The root proves neither the providers nor the order:
 * a vote shows its own provider.
 */
import { fromHex, type Hex, toHex } from './hex.js'
import { hashInput, input, keccak256, output } from './keccak.js'
import { MerkleTree } from './merkle.js'
import { VOTE_BYTES } from './vote.js'

const PROVIDER_BYTES = 20
const HASH_BYTES = 32
export const INDEX_ENTRY_BYTES = PROVIDER_BYTES + HASH_BYTES
/** The second field of a vote is an address, at the end of its word. */
const PROVIDER_AT = 44

/** Entries of one message: at most 256 KiB. */
export const INDEX_PART_ENTRIES = 5000
/** Votes of one part of a ballot: 240 KiB. */
export const PART_VOTES = 256

export class BallotIndex {
  #tree: MerkleTree | undefined

  /** @throws RangeError for bytes that are no whole number of entries, or providers that are not strictly ascending */
  constructor(readonly bytes: Uint8Array) {
    if (bytes.length % INDEX_ENTRY_BYTES !== 0)
      throw new RangeError(`An index has whole entries of ${INDEX_ENTRY_BYTES} bytes; this has ${bytes.length}.`)
    for (let at = INDEX_ENTRY_BYTES; at < bytes.length; at += INDEX_ENTRY_BYTES) {
      if (!isBelow(bytes, at - INDEX_ENTRY_BYTES, at))
        throw new RangeError('The providers of an index are strictly ascending.')
    }
  }

  /** @param votes encoded, in the order of the ballot. @throws RangeError for another order, or another length of a vote */
  static of(votes: readonly Uint8Array[]): BallotIndex {
    const bytes = new Uint8Array(votes.length * INDEX_ENTRY_BYTES)
    for (const [i, vote] of votes.entries()) {
      if (vote.length !== VOTE_BYTES) throw new RangeError(`A vote has ${VOTE_BYTES} bytes; this has ${vote.length}.`)
      bytes.set(providerIn(vote), i * INDEX_ENTRY_BYTES)
      bytes.set(keccak256(vote), i * INDEX_ENTRY_BYTES + PROVIDER_BYTES)
    }
    return new BallotIndex(bytes)
  }

  /** How many votes the ballot has. */
  get votes(): number {
    return this.bytes.length / INDEX_ENTRY_BYTES
  }

  get parts(): number {
    return Math.ceil(this.votes / PART_VOTES)
  }

  /** The root of the ballot that has these votes. */
  get root(): Hex {
    return this.tree().root
  }

  /** The tree of the ballot; its leaves are in the order of the ballot. */
  tree(): MerkleTree {
    this.#tree ??= this.#hashed()
    return this.#tree
  }

  #hashed(): MerkleTree {
    const leaves = new Uint8Array(this.votes * HASH_BYTES)
    for (let i = 0; i < this.votes; i++) {
      input.set(this.hashAt(i))
      hashInput(HASH_BYTES)
      leaves.set(output, i * HASH_BYTES)
    }
    return new MerkleTree(leaves)
  }

  /** keccak256 of a vote, of which a leaf of the tree is the hash. */
  hashAt(index: number): Uint8Array {
    const at = index * INDEX_ENTRY_BYTES + PROVIDER_BYTES
    return this.bytes.subarray(at, at + HASH_BYTES)
  }

  /** The place of the vote on a provider; undefined if the ballot has none. */
  placeOf(provider: Hex): number | undefined {
    const wanted = fromHex(provider)
    let [low, high] = [0, this.votes]
    while (low < high) {
      const middle = (low + high) >> 1
      if (Buffer.compare(this.#providerAt(middle), wanted) < 0) low = middle + 1
      else high = middle
    }
    return low < this.votes && Buffer.compare(this.#providerAt(low), wanted) === 0 ? low : undefined
  }

  /** How many votes a part has; 0 for a part that the ballot does not have. */
  votesIn(part: number): number {
    return Math.max(0, Math.min(PART_VOTES, this.votes - part * PART_VOTES))
  }

  /**
   * What a part is: `held` if it has exactly the votes of the index. Whoever gave a `wrong` part lies; if a part shows
   * `wrong-index`, whoever gave the index does, by a vote of this very ballot on another provider than the index says.
   * @param votes of the part, one after the other
   */
  check(part: number, votes: Uint8Array): 'held' | 'wrong' | 'wrong-index' {
    if (votes.length !== this.votesIn(part) * VOTE_BYTES) return 'wrong'
    const first = part * PART_VOTES
    for (const [i, vote] of votesOf(votes).entries()) {
      const hash = keccak256(vote)
      const isHere = Buffer.compare(hash, this.hashAt(first + i)) === 0
      const place = isHere ? first + i : this.#placeOfHash(hash)
      if (place === undefined) return 'wrong'
      if (Buffer.compare(providerIn(vote), this.#providerAt(place)) !== 0) return 'wrong-index'
      if (!isHere) return 'wrong'
    }
    return 'held'
  }

  #placeOfHash(hash: Uint8Array): number | undefined {
    for (let i = 0; i < this.votes; i++) if (Buffer.compare(hash, this.hashAt(i)) === 0) return i
    return undefined
  }

  #providerAt(index: number): Uint8Array {
    const at = index * INDEX_ENTRY_BYTES
    return this.bytes.subarray(at, at + PROVIDER_BYTES)
  }
}

/** Whether the provider at one place is below that at another. Every reader of a stored ballot asks, so byte by byte. */
function isBelow(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < PROVIDER_BYTES; i++) {
    if (bytes[a + i]! !== bytes[b + i]!) return bytes[a + i]! < bytes[b + i]!
  }
  return false
}

/** The votes that stand one after the other in these bytes, without copying them. */
export const votesOf = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: bytes.length / VOTE_BYTES }, (_, i) => bytes.subarray(i * VOTE_BYTES, (i + 1) * VOTE_BYTES))

/** The provider of an encoded vote, 20 bytes. */
export const providerIn = (vote: Uint8Array): Uint8Array => vote.subarray(PROVIDER_AT, PROVIDER_AT + PROVIDER_BYTES)

/** Where the vote at a place of the ballot stands. */
export const standsIn = (place: number): { readonly part: number; readonly offset: number } => ({
  part: Math.floor(place / PART_VOTES),
  offset: (place % PART_VOTES) * VOTE_BYTES,
})

/** @returns hex of the provider of an encoded vote */
export const providerOf = (vote: Uint8Array): Hex => toHex(providerIn(vote))
