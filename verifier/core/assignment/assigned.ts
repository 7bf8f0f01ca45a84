/** The receivers of a provider's window, as its leaf commits to them. */
import { encodeWords } from '../../../proto/abi.js'
import type { Hex } from '../../../proto/hex.js'
import { DIGEST_BYTES } from '../../../proto/keccak.js'
import { leafHash, MerkleTree, merkleRoot } from '../../../proto/merkle.js'

export interface AssignedReceiver {
  readonly receiver: number
  /** in which its session is due; 0 if it measures in a group, where one vote alone shows nothing, or not at all */
  readonly epoch: number
}

/** Merkle root over (n, receiver, epoch), as a leaf carries it. So whoever opens one receiver also learns n. */
export const assignedRoot = (assigned: readonly AssignedReceiver[]): Hex => new MerkleTree(assignedItems(assigned)).root

export const assignedItems = (assigned: readonly AssignedReceiver[]): Uint8Array[] =>
  assigned.map(one => assignedItem(one, assigned.length))

const assignedItem = ({ receiver, epoch }: AssignedReceiver, n: number): Uint8Array =>
  encodeWords(['uint32', 'uint32', 'uint64'], [n, receiver, epoch])

/** Items that are kept: all of some hundred verifiers in windows of a day. */
const MOST_ITEMS = 20_000
/** More than any set has. */
const MOST_RECEIVERS = 2 ** 16

/** What a root commits to: receivers, and the epoch of each. */
interface Content {
  readonly receivers: readonly number[]
  readonly epochs: readonly number[]
}

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a === b || (a.length === b.length && a.every((one, i) => one === b[i]))

/**
 * The roots of many providers. Every leaf of every epoch holds one, and a root of 31 receivers takes 92 hashes. But the
 * receivers stay for a window, and in windows of one epoch most providers have the same ones. So a root is found again by what
 * it commits to: never by the leaf before, which somebody else may have computed.
 */
export class AssignedRoots {
  /** the hashes of the trees' leaves: by receiver, then by epoch and n */
  readonly #items = new Map<number, Map<number, Uint8Array>>()
  #held = 0
  readonly #last = new Map<Hex, Content & { readonly root: Hex }>()
  /** of receivers that are all due in one epoch, ascending */
  #newest: (Content & { readonly root: Hex }) | undefined

  /** @param epochs of the receivers at the same places */
  of(provider: Hex, receivers: readonly number[], epochs: readonly number[]): Hex {
    const last = this.#last.get(provider)
    if (last !== undefined && isSame(last.epochs, epochs) && isSame(last.receivers, receivers)) return last.root
    const isTogether = epochs.every(epoch => epoch === epochs[0])
    const root = isTogether ? this.#together(receivers, epochs) : this.#rootOf(receivers, epochs)
    this.#last.set(provider, { receivers, epochs, root })
    return root
  }

  #together(drawn: readonly number[], epochs: readonly number[]): Hex {
    const receivers = drawn.toSorted((a, b) => a - b)
    const newest = this.#newest
    if (newest !== undefined && isSame(newest.epochs, epochs) && isSame(newest.receivers, receivers)) return newest.root
    this.#newest = { receivers, epochs, root: this.#rootOf(receivers, epochs) }
    return this.#newest.root
  }

  #rootOf(receivers: readonly number[], epochs: readonly number[]): Hex {
    const n = receivers.length
    const hashes = new Uint8Array(n * DIGEST_BYTES)
    for (let i = 0; i < n; i++) hashes.set(this.#itemHash(n, receivers[i]!, epochs[i]!), i * DIGEST_BYTES)
    return merkleRoot(hashes)
  }

  #itemHash(n: number, receiver: number, epoch: number): Uint8Array {
    const items = this.#items.get(receiver) ?? new Map<number, Uint8Array>()
    this.#items.set(receiver, items)
    const item = epoch * MOST_RECEIVERS + n
    let hash = items.get(item)
    if (hash === undefined) {
      hash = leafHash(assignedItem({ receiver, epoch }, n))
      if (++this.#held > MOST_ITEMS) {
        this.#items.clear()
        this.#held = 0
      }
      items.set(item, hash)
    }
    return hash
  }
}
