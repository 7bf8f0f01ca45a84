/**
 * Openings: what keeps a receiver from publishing a root for data that it never got. The root commits it to which chunks
 * of each sender it holds and to their hashes. The revealed key and the root together pick a few of those chunks; the
 * receiver owes the sender their leaves, and the sender, who can make the data again, checks them. With a share p of what
 * it claims made up, it is caught with probability 1 − (1−p)^4 by each sender. Neither side can steer the picks: the
 * key was committed to before the root, the root was published before the key.
 *
 *   leaf = abi(slot, index, bitmap, hash) · slot root = keccak256(abi(tree root, keccak256(held))) · root = keccak256(abi(slot roots))
 *
 * A provider can change data on the way, which an honest receiver has then hashed. Knowing the key it says of such a
 * chunk that it is mismatched; it may not count it as verified.
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

/** q: chunks opened to each sender. */
const OPENINGS = 4
const INDEX_BYTES = 4
/** Any send time will do: the whole session's check bounds them. */
const ANY_TIME_US = 0xffffffff

/** What a receiver publishes before any key is revealed, and can open afterwards. */
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

  /** Opens what `key`, just revealed, picks of its sender's chunks. */
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

/** A root that a receiver published, and what the sender who checks it knows. */
export type PublishedClaim = Omit<OpeningFault, 'openings' | 'reason'>

/** What a sender finds in the openings that it was owed. */
export type OpeningsVerdict = PublishedClaim &
  (
    | { readonly kind: 'held' }
    /** the receiver says itself that some of the chunks are not what was sent, and may not count them */
    | { readonly kind: 'mismatched' }
    /** what it signed is not so: it published a root for data that it did not have */
    | { readonly kind: 'failed'; readonly reason: string; readonly openings: ProbeOpenings }
    /** it signed no openings */
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

/** @returns whether all, or all but what is said to be mismatched, is what was sent; else why not */
async function examine(
  { slot, key, chunkRoot }: PublishedClaim,
  { slotRoots, treeRoot, held, openings }: ProbeOpenings,
): Promise<'held' | 'mismatched' | { readonly reason: string }> {
  const failed = (reason: string) => ({ reason })
  if (rootOf(slotRoots.map(toHex)) !== toHex(chunkRoot)) return failed('they are not of the root that was published')
  if (slotRootOf(toHex(treeRoot), held) !== toHex(slotRoots[slot] ?? new Uint8Array())) {
    return failed('they are not of this sender’s chunks')
  }
  const indices = heldIndices(held)
  if (!indices) return failed('its chunk numbers do not ascend')

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

/** Root over all slots: of the k senders, and of whatever else was received. Zero where nothing was. */
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

/** Places among the chunks held, all different. */
function picksOf(root: Uint8Array, slot: number, key: Uint8Array, held: number): number[] {
  const picks = new Set<number>()
  for (let i = 0; picks.size < Math.min(OPENINGS, held); i++) {
    picks.add(Buffer.from(pickDigest(root, slot, key, i)).readUIntBE(0, 6) % held)
  }
  return [...picks]
}

/** Undefined if they do not ascend. */
function heldIndices(held: Uint8Array): number[] | undefined {
  const bytes = Buffer.from(held)
  if (bytes.length % INDEX_BYTES !== 0) return undefined
  const indices = Array.from({ length: bytes.length / INDEX_BYTES }, (_, i) => bytes.readUInt32BE(i * INDEX_BYTES))
  return indices.every((index, i) => i === 0 || index > indices[i - 1]!) ? indices : undefined
}

const isDataOf = async (key: Uint8Array, chunk: Chunk): Promise<boolean> =>
  (await verifyChunks(key, [chunk], ANY_TIME_US)).datagrams === chunk.count
