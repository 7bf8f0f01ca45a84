/**
 * Openings keep a receiver from publishing a root for data that it never got. The root commits the receiver to the set
 * of chunks that it holds of each sender, and to their hashes. The revealed key and the root together pick four of
 * those chunks. The receiver owes the sender their leaves, and the sender, who can generate the data again, checks
 * them. If the receiver made up a share p of the chunks, each sender catches it with probability 1 − (1−p)^4. Neither
 * side can steer the picks: the sender committed to the key before the root, and the receiver published the root before
 * the key.
 *
 *   leaf = abi(slot, index, bitmap, hash) · slot root = keccak256(abi(tree root, keccak256(held))) · root = keccak256(abi(slot roots))
 *
 * A provider can change data on the way, and an honest receiver then hashes the changed data. Once it knows the key,
 * the receiver declares such a chunk mismatched. A mismatched chunk does not count as verified.
 */

import { encodeWords } from '../../proto/abi.js'
import { keccak, keccakWords } from '../../proto/hash.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import { MerkleTree, verifyProof } from '../../proto/merkle.js'
import type { OpeningFault, ProbeOpenings } from '../../proto/messages.js'
import type { PeerSigner, PeerVerifier } from '../ports.js'
import { keyCommitment, openingsDigest, pickDigest, uint32 } from '../wire/statements.js'
import type { Chunk } from './chunk.js'
import { chunkOf, recordOf } from './records.js'
import { verifyChunks } from './verify.js'

/** q: number of chunks opened to each sender. */
const OPENINGS = 4
const INDEX_BYTES = 4
/** Openings accept any send time: the check of the whole session bounds the times. */
const ANY_TIME_US = 0xffffffff

/** The root that a receiver publishes before any key is revealed, and can open afterwards. */
export class Publication {
  readonly root: Hex
  readonly #chunks: readonly (readonly Chunk[])[]
  readonly #slots: readonly { readonly tree: MerkleTree; readonly held: Uint8Array; readonly root: Hex }[]

  /** @param chunksBySlot each slot's ascending by index */
  constructor(chunksBySlot: readonly (readonly Chunk[])[]) {
    this.#chunks = chunksBySlot
    this.#slots = chunksBySlot.map((chunks, slot) => {
      const tree = new MerkleTree(chunks.map(chunk => leafOf(slot, chunk)))
      const held = Buffer.concat(chunks.map(({ index }) => uint32(index)))
      return { tree, held, root: slotRootOf(tree.root, held) }
    })
    this.root = rootOf(this.#slots.map(({ root }) => root))
  }

  /** Opens the chunks that `key`, just revealed, picks of its sender's. */
  async open(sessionId: Uint8Array, slot: number, key: Uint8Array, signer: PeerSigner): Promise<ProbeOpenings> {
    const { tree, held } = this.#slots[slot]!
    const chunks = this.#chunks[slot]!
    const root = fromHex(this.root)
    const openings = await Promise.all(
      picksOf(root, slot, key, chunks.length).map(async place => ({
        chunk: recordOf(chunks[place]!),
        mismatched: !(await isDataOf(key, chunks[place]!)),
        proof: tree.proof(place).map(fromHex),
      })),
    )
    const unsigned = {
      slotRoots: this.#slots.map(one => fromHex(one.root)),
      treeRoot: fromHex(tree.root),
      held,
      openings,
    }
    const commitment = keyCommitment(sessionId, slot, key)
    return { ...unsigned, signature: await signer.sign(openingsDigest(sessionId, slot, commitment, root, unsigned)) }
  }
}

/** A root that a receiver published, and what a sender knows to check it. */
export type PublishedClaim = Omit<OpeningFault, 'openings' | 'reason'>

/** A sender's finding on the openings that the receiver owes it. */
export type OpeningsVerdict = PublishedClaim &
  (
    | { readonly kind: 'held' }
    /** the receiver declares some of the chunks mismatched, and may not count them */
    | { readonly kind: 'mismatched' }
    /** the signed openings are false: the receiver published a root for data that it did not have */
    | { readonly kind: 'failed'; readonly reason: string; readonly openings: ProbeOpenings }
    /** the receiver signed no openings */
    | { readonly kind: 'missing'; readonly reason: string }
  )

export async function checkOpenings(
  claim: PublishedClaim,
  openings: ProbeOpenings,
  receiver: PeerVerifier,
): Promise<OpeningsVerdict> {
  const { sessionId, slot, key, chunkRoot } = claim
  const digest = openingsDigest(sessionId, slot, keyCommitment(sessionId, slot, key), chunkRoot, openings)
  if (!(await receiver(digest, openings.signature))) {
    return { ...claim, kind: 'missing', reason: 'the receiver did not sign its openings' }
  }
  const found = await examine(claim, openings)
  return typeof found === 'string' ? { ...claim, kind: found } : { ...claim, kind: 'failed', ...found, openings }
}

/**
 * @returns `held` if every opened chunk is what was sent, `mismatched` if all but the declared ones are; else the
 * reason why not
 */
async function examine(
  { slot, key, chunkRoot }: PublishedClaim,
  { slotRoots, treeRoot, held, openings }: ProbeOpenings,
): Promise<'held' | 'mismatched' | { readonly reason: string }> {
  const failed = (reason: string) => ({ reason })
  if (rootOf(slotRoots.map(toHex)) !== toHex(chunkRoot))
    return failed('the openings are not of the root that was published')
  if (slotRootOf(toHex(treeRoot), held) !== toHex(slotRoots[slot] ?? new Uint8Array())) {
    return failed('the openings are not of this sender’s chunks')
  }
  const indices = heldIndices(held)
  if (!indices) return failed('the chunk numbers do not ascend')

  const picks = picksOf(chunkRoot, slot, key, indices.length)
  if (openings.length !== picks.length) return failed(`${openings.length} of ${picks.length} chunks are opened`)
  for (const [i, opening] of openings.entries()) {
    const chunk = chunkOf(opening.chunk)
    const wanted = indices[picks[i]!]!
    if (chunk?.index !== wanted) return failed(`chunk ${wanted} is not opened`)
    if (!verifyProof(toHex(treeRoot), leafOf(slot, chunk), opening.proof.map(toHex))) {
      return failed(`chunk ${wanted} is not the one that was published`)
    }
    if (!opening.mismatched && !(await isDataOf(key, chunk))) return failed(`chunk ${wanted} is not what was sent`)
  }
  return openings.some(({ mismatched }) => mismatched) ? 'mismatched' : 'held'
}

/** Root over all slots. Zero if nothing arrived in any of them. */
const rootOf = (slotRoots: readonly Hex[]): Hex =>
  slotRoots.every(root => root === ZERO_HASH)
    ? ZERO_HASH
    : keccakWords(
        slotRoots.map(() => 'bytes32' as const),
        slotRoots,
      )

const slotRootOf = (treeRoot: Hex, held: Uint8Array): Hex =>
  held.length === 0 ? ZERO_HASH : keccakWords(['bytes32', 'bytes32'], [treeRoot, keccak(held)])

const leafOf = (slot: number, { index, bitmap, hash }: Chunk): Uint8Array =>
  encodeWords(['uint32', 'uint32', 'uint64', 'bytes32'], [slot, index, bitmap, toHex(hash)])

/** Distinct places among the chunks that the receiver holds. */
function picksOf(root: Uint8Array, slot: number, key: Uint8Array, held: number): number[] {
  const picks = new Set<number>()
  for (let i = 0; picks.size < Math.min(OPENINGS, held); i++) {
    picks.add(Buffer.from(pickDigest(root, slot, key, i)).readUIntBE(0, 6) % held)
  }
  return [...picks]
}

/** @returns undefined if the indices do not ascend */
function heldIndices(held: Uint8Array): number[] | undefined {
  const bytes = Buffer.from(held)
  if (bytes.length % INDEX_BYTES !== 0) return undefined
  const indices = Array.from({ length: bytes.length / INDEX_BYTES }, (_, i) => bytes.readUInt32BE(i * INDEX_BYTES))
  return indices.every((index, i) => i === 0 || index > indices[i - 1]!) ? indices : undefined
}

const isDataOf = async (key: Uint8Array, chunk: Chunk): Promise<boolean> =>
  (await verifyChunks(key, [chunk], ANY_TIME_US)).datagrams === chunk.count
