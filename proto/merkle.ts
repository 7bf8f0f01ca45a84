/**
 * Merkle trees with the layout of OpenZeppelin's StandardMerkleTree. Leaves are hashed twice and sorted. The complete
 * binary tree is an array with the root at 0. Pairs are hashed in ascending order, so a proof needs no directions.
 */
import { fromHex, type Hex, toHex, ZERO_HASH } from './hex.js'
import { DIGEST_BYTES, hashInput, hashOutput, input, inputWords, keccak256, output, outputWords } from './keccak.js'

const DIGEST_WORDS = DIGEST_BYTES / 4

/** Hash of a leaf's ABI encoding. Two rounds of hashing ensure that no inner node can pass for a leaf. */
export const leafHash = (encoded: Uint8Array): Uint8Array => keccak256(keccak256(encoded))

/** The hashes of leaves, one after the other. @param leaves ABI encodings, each shorter than `input` */
export function leafHashes(leaves: readonly Uint8Array[]): Uint8Array {
  const hashes = new Uint8Array(leaves.length * DIGEST_BYTES)
  for (let i = 0; i < leaves.length; i++) writeLeafHash(hashes, i, leaves[i]!)
  return hashes
}

/** Writes the hash of a leaf as the i-th of `hashes`. */
export function writeLeafHash(hashes: Uint8Array, i: number, encoded: Uint8Array): void {
  input.set(encoded)
  hashInput(encoded.length)
  hashOutput()
  hashes.set(output, i * DIGEST_BYTES)
}

/** The root of a tree of which nothing else is needed. @param hashes see `leafHashes` */
export function merkleRoot(hashes: Uint8Array): Hex {
  const count = hashes.length / DIGEST_BYTES
  if (count === 0) return ZERO_HASH
  const size = 2 * count - 1
  const nodes = size * DIGEST_BYTES <= small.length ? small : new Uint8Array(size * DIGEST_BYTES)
  placeLeaves(nodes, size, hashes, ascending(hashes, count))
  hashInnerNodes(nodes, size - count)
  return toHex(nodes.subarray(0, DIGEST_BYTES))
}

/** The nodes of a small tree, which nobody keeps. */
const small = new Uint8Array(127 * DIGEST_BYTES)

export class MerkleTree {
  /** the hashes of the nodes, one after the other */
  readonly #nodes: Uint8Array
  /** position in the tree of the i-th leaf that the constructor got */
  readonly #position: Uint32Array

  /**
   * An empty tree has the zero root.
   * @param leaves ABI encodings, in any order; or their hashes, see `leafHashes`
   */
  constructor(leaves: readonly Uint8Array[] | Uint8Array) {
    const hashes = leaves instanceof Uint8Array ? leaves : leafHashes(leaves)
    const count = hashes.length / DIGEST_BYTES
    const size = Math.max(0, 2 * count - 1)
    this.#nodes = new Uint8Array(size * DIGEST_BYTES)
    this.#position = new Uint32Array(count)
    const order = ascending(hashes, count)
    placeLeaves(this.#nodes, size, hashes, order)
    for (let rank = 0; rank < count; rank++) this.#position[order[rank]!] = size - 1 - rank
    hashInnerNodes(this.#nodes, size - count)
  }

  get root(): Hex {
    return this.#nodes.length === 0 ? ZERO_HASH : this.#hashAt(0)
  }

  /** The hashes of all nodes, the root first: with them, `proofIn` proves a leaf and hashes none. */
  get nodes(): Uint8Array {
    return this.#nodes
  }

  #hashAt(node: number): Hex {
    return hashIn(this.#nodes, node)
  }

  /** Siblings from the leaf upwards. @param index of the leaf as given to the constructor */
  proof(index: number): Hex[] {
    const at = this.#position[index]
    if (at === undefined) throw new RangeError(`The tree has no leaf ${index}; it has ${this.#position.length} leaves.`)
    return siblings(this.#nodes, at)
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
      else proof.push(this.#hashAt(sibling))
      flags.push(isKnown)
      known.push((at - 1) >> 1)
    }
    return { order, proof, flags }
  }
}

/** The proof of a leaf of the tree that has these nodes; undefined if none has this encoding. */
export function proofIn(nodes: Uint8Array, encodedLeaf: Uint8Array): Hex[] | undefined {
  const hash = leafHash(encodedLeaf)
  const size = nodes.length / DIGEST_BYTES
  const count = (size + 1) >> 1
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if (Buffer.compare(bytesIn(nodes, size - 1 - middle), hash) < 0) low = middle + 1
    else high = middle
  }
  const at = size - 1 - low
  return low < count && Buffer.compare(bytesIn(nodes, at), hash) === 0 ? siblings(nodes, at) : undefined
}

/** From a node upwards. */
function siblings(nodes: Uint8Array, node: number): Hex[] {
  const proof: Hex[] = []
  for (let at = node; at > 0; at = (at - 1) >> 1) proof.push(hashIn(nodes, at % 2 === 1 ? at + 1 : at - 1))
  return proof
}

const bytesIn = (nodes: Uint8Array, node: number): Uint8Array =>
  nodes.subarray(node * DIGEST_BYTES, (node + 1) * DIGEST_BYTES)

const hashIn = (nodes: Uint8Array, node: number): Hex => toHex(bytesIn(nodes, node))

/** The proof that some leaves are in a tree. The flags tell OpenZeppelin's `MerkleProof` which hashes to combine. */
export interface MultiProof {
  /** the leaves that were asked for, as given to the constructor, in the order in which the verifier must get them */
  readonly order: readonly number[]
  readonly proof: readonly Hex[]
  readonly flags: readonly boolean[]
}

export function verifyProof(root: Hex, encodedLeaf: Uint8Array, proof: readonly Hex[]): boolean {
  const node = new Uint8Array(2 * DIGEST_BYTES)
  node.set(leafHash(encodedLeaf))
  for (const sibling of proof) {
    node.set(fromHex(sibling), DIGEST_BYTES)
    const pair =
      compare(node, 0, 1) <= 0
        ? node
        : Uint8Array.from([...node.subarray(DIGEST_BYTES), ...node.subarray(0, DIGEST_BYTES)])
    node.set(keccak256(pair))
  }
  return toHex(node.subarray(0, DIGEST_BYTES)) === root
}

/** The lowest hash comes last. */
function placeLeaves(nodes: Uint8Array, size: number, hashes: Uint8Array, order: Uint32Array): void {
  for (let rank = 0; rank < order.length; rank++) {
    const leaf = order[rank]! * DIGEST_BYTES
    nodes.set(hashes.subarray(leaf, leaf + DIGEST_BYTES), (size - 1 - rank) * DIGEST_BYTES)
  }
}

/** @param count of them: they stand first */
function hashInnerNodes(nodes: Uint8Array, count: number): void {
  const words = new Uint32Array(nodes.buffer)
  for (let parent = count - 1; parent >= 0; parent--) {
    const [left, right] = [2 * parent + 1, 2 * parent + 2]
    const isOrdered = compare(nodes, left, right) <= 0
    const first = (isOrdered ? left : right) * DIGEST_WORDS
    const second = (isOrdered ? right : left) * DIGEST_WORDS
    for (let i = 0; i < DIGEST_WORDS; i++) {
      inputWords[i] = words[first + i]!
      inputWords[DIGEST_WORDS + i] = words[second + i]!
    }
    hashInput(2 * DIGEST_BYTES)
    for (let i = 0; i < DIGEST_WORDS; i++) words[parent * DIGEST_WORDS + i] = outputWords[i]!
  }
}

/** Up to so many leaves, sorting by insertion is the quickest. */
const FEW = 64
/** A place and the first 32 bits of a hash fit into one number. */
const MOST_LEAVES = 2 ** 21

/** The places of the hashes, the lowest hash first. */
function ascending(hashes: Uint8Array, count: number): Uint32Array {
  if (count > MOST_LEAVES) throw new RangeError(`A tree of ${count} leaves is larger than any report.`)
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  if (count > FEW) sortByFirstBits(order, hashes)
  for (let i = 1; i < count; i++) {
    const place = order[i]!
    let at = i
    for (; at > 0 && compare(hashes, order[at - 1]!, place) > 0; at--) order[at] = order[at - 1]!
    order[at] = place
  }
  return order
}

/** Numbers are sorted many times as fast as by a function that compares. Few hashes have the same first 32 bits. */
function sortByFirstBits(order: Uint32Array, hashes: Uint8Array): void {
  const view = new DataView(hashes.buffer, hashes.byteOffset, hashes.byteLength)
  const keys = Float64Array.from(order, place => view.getUint32(place * DIGEST_BYTES) * MOST_LEAVES + place)
  keys.sort()
  for (let rank = 0; rank < keys.length; rank++) order[rank] = keys[rank]! % MOST_LEAVES
}

/** Compares two of the hashes, as large numbers. */
function compare(hashes: Uint8Array, a: number, b: number): number {
  for (let i = 0; i < DIGEST_BYTES; i++) {
    const difference = hashes[a * DIGEST_BYTES + i]! - hashes[b * DIGEST_BYTES + i]!
    if (difference !== 0) return difference
  }
  return 0
}
