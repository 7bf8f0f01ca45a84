/** The receivers of a provider's window, as its leaf commits to them. */
import { encodeWords } from '../../../proto/abi.js'
import type { Hex } from '../../../proto/hex.js'
import { DIGEST_BYTES } from '../../../proto/keccak.js'
import { leafHash, MerkleTree } from '../../../proto/merkle.js'

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

/**
 * The roots of many providers. Every leaf of every epoch holds one, and a root of 31 receivers takes 92 hashes. But the
 * receivers stay for a window, and in windows of one epoch most providers have the same ones. So a root is found again by what
 * it commits to: never by the leaf before, which somebody else may have computed.
 */
export class AssignedRoots {
  /** hashes of the trees' leaves, by item */
  readonly #items = new Map<string, Uint8Array>()
  readonly #last = new Map<Hex, { readonly content: string; readonly root: Hex }>()
  #newest: { readonly content: string; readonly root: Hex } | undefined

  of(provider: Hex, assigned: readonly AssignedReceiver[]): Hex {
    const content = contentOf(assigned)
    const last = this.#last.get(provider)
    if (last?.content === content) return last.root
    if (this.#newest?.content !== content) this.#newest = { content, root: this.#rootOf(assigned) }
    this.#last.set(provider, this.#newest)
    return this.#newest.root
  }

  #rootOf(assigned: readonly AssignedReceiver[]): Hex {
    const hashes = new Uint8Array(assigned.length * DIGEST_BYTES)
    for (const [i, one] of assigned.entries()) hashes.set(this.#itemHash(one, assigned.length), i * DIGEST_BYTES)
    return new MerkleTree(hashes).root
  }

  #itemHash(one: AssignedReceiver, n: number): Uint8Array {
    const item = `${n} ${one.receiver} ${one.epoch}`
    let hash = this.#items.get(item)
    if (hash === undefined) {
      hash = leafHash(assignedItem(one, n))
      if (this.#items.size >= MOST_ITEMS) this.#items.clear()
      this.#items.set(item, hash)
    }
    return hash
  }
}

/** The same for the same items, in whatever order, and another for others. */
function contentOf(assigned: readonly AssignedReceiver[]): string {
  const first = assigned.reduce(
    (least, { epoch }) => (epoch > 0 && epoch < least ? epoch : least),
    Number.MAX_SAFE_INTEGER,
  )
  const codes = Float64Array.from(assigned, ({ receiver, epoch }) => {
    const place = epoch === 0 ? 0 : epoch - first + 1
    return place * 2 ** 32 + receiver
  })
  return `${first} ${codes.sort().join()}`
}
