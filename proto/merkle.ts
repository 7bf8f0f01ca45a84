/**
 * Merkle trees with the layout of OpenZeppelin's StandardMerkleTree. Leaves are hashed twice and sorted. The complete
 * binary tree is an array with the root at 0. Pairs are hashed in ascending order, so a proof needs no directions.
 */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from './hex.js'

/** Hash of a leaf's ABI encoding. Two rounds of hashing ensure that no inner node can pass for a leaf. */
export const leafHash = (encoded: Uint8Array): Uint8Array => keccak_256(keccak_256(encoded))

export class MerkleTree {
  readonly #nodes: Uint8Array[]
  /** position in the tree of the i-th leaf that the constructor got */
  readonly #position: number[]

  /** @param leaves ABI encodings, in any order. An empty tree has the zero root. */
  constructor(leaves: readonly Uint8Array[], hash: (leaf: Uint8Array) => Uint8Array = leafHash) {
    const hashed = leaves.map((leaf, index) => ({ index, hash: hash(leaf) }))
    hashed.sort((a, b) => compareBytes(a.hash, b.hash))
    const size = Math.max(0, 2 * leaves.length - 1)
    this.#nodes = new Array(size)
    this.#position = new Array(leaves.length)
    for (const [rank, { index, hash }] of hashed.entries()) {
      this.#nodes[size - 1 - rank] = hash
      this.#position[index] = size - 1 - rank
    }
    for (let i = size - leaves.length - 1; i >= 0; i--) {
      this.#nodes[i] = hashPair(this.#nodes[2 * i + 1]!, this.#nodes[2 * i + 2]!)
    }
  }

  /** @param hashes of the leaves, in any order */
  static ofHashes(hashes: readonly Uint8Array[]): MerkleTree {
    return new MerkleTree(hashes, hash => hash)
  }

  get root(): Hex {
    return this.#nodes[0] ? toHex(this.#nodes[0]) : ZERO_HASH
  }

  /** Siblings from the leaf upwards. @param index of the leaf as given to the constructor */
  proof(index: number): Hex[] {
    let at = this.#position[index]
    if (at === undefined) throw new RangeError(`The tree has no leaf ${index}; it has ${this.#position.length} leaves.`)
    const proof: Hex[] = []
    while (at > 0) {
      proof.push(toHex(this.#nodes[at % 2 === 1 ? at + 1 : at - 1]!))
      at = (at - 1) >> 1
    }
    return proof
  }

  /** One proof for several leaves. @param indices as given to the constructor, each once */
  multiProof(indices: readonly number[]): MultiProof {
    const order = [...indices].sort((a, b) => this.#position[b]! - this.#position[a]!)
    const known = order.map(index => this.#position[index]!) // positions whose hashes the verifier has, lowest level first
    const proof: Hex[] = []
    const flags: boolean[] = []
    for (let at = known.shift(); at !== undefined && at > 0; at = known.shift()) {
      const sibling = at % 2 === 1 ? at + 1 : at - 1
      const isKnown = known[0] === sibling
      if (isKnown) known.shift()
      else proof.push(toHex(this.#nodes[sibling]!))
      flags.push(isKnown)
      known.push((at - 1) >> 1)
    }
    return { order, proof, flags }
  }
}

/** The proof that some leaves are in a tree. The flags tell OpenZeppelin's `MerkleProof` which hashes to combine. */
export interface MultiProof {
  /** the leaves that were asked for, as given to the constructor, in the order in which the verifier must get them */
  readonly order: readonly number[]
  readonly proof: readonly Hex[]
  readonly flags: readonly boolean[]
}

export function verifyProof(root: Hex, encodedLeaf: Uint8Array, proof: readonly Hex[]): boolean {
  const folded = proof.reduce((node, sibling) => hashPair(node, fromHex(sibling)), leafHash(encodedLeaf))
  return toHex(folded) === root
}

function hashPair(a: Uint8Array, b: Uint8Array): Uint8Array {
  return keccak_256(compareBytes(a, b) <= 0 ? concatBytes(a, b) : concatBytes(b, a))
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return 0
}
