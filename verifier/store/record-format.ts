/**
 * The bytes of a signing record: blocks of 128 bytes, each with a body of 96 bytes and a seal of 32.
 *
 *   seal = SHA-256(seal of the block before ‖ body)     (32 zeros before the first block)
 *
 *   block 0       title, 64 bytes of ASCII padded with zeros ‖ random id, 32 bytes
 *   block n ≥ 1   length of the slot, 1 byte ‖ slot, 63 bytes of UTF-8 padded with zeros ‖ digest, 32 bytes
 *
 * The seals form a chain. A flipped bit breaks the chain, and so does a missing, moved or foreign entry. The last entry
 * is an exception: a damaged end looks like an append that a crash interrupted. A `RecordHead`, stored elsewhere,
 * distinguishes the two.
 *
 * A verifier signs about six slots an epoch, which take 800 bytes. With epochs of one hour the file grows by 7 MB a
 * year, and its index in memory by about 10 MB.
 */
import { createHash } from 'node:crypto'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'

export const BLOCK_BYTES = 128
const SEAL_BYTES = 32
const BODY_BYTES = BLOCK_BYTES - SEAL_BYTES

/** Names the format and its version. */
const TITLE = 'bandwitness signing record, version 1'
const TITLE_BYTES = 64
const ID_BYTES = BODY_BYTES - TITLE_BYTES

const SLOT_AT = 1
const DIGEST_BYTES = 32
const DIGEST_AT = BODY_BYTES - DIGEST_BYTES
const SLOT_BYTES = DIGEST_AT - SLOT_AT

const COUNT_BYTES = 8

export interface Signed {
  readonly slot: string
  /** 32 bytes */
  readonly digest: Hex
}

/** How far a record goes. Records with the same head hold the same entries. */
export interface RecordHead {
  readonly entries: number
  /** seal of the last entry; seal of block 0 if there are no entries */
  readonly seal: Uint8Array
}

export interface RecordContents {
  readonly signed: readonly Signed[]
  /** heads[n] is the head after n entries */
  readonly heads: readonly RecordHead[]
}

export class DamagedRecord extends Error {
  override readonly name = 'DamagedRecord'
}

/** @param id 32 random bytes, so that no two records have a head in common */
export function encodeRecord(id: Uint8Array, signed: readonly Signed[]): Uint8Array {
  if (id.length !== ID_BYTES) throw new RangeError(`The id has ${id.length} bytes; expected ${ID_BYTES}.`)
  const title = new Uint8Array(BODY_BYTES)
  new TextEncoder().encodeInto(TITLE, title)
  title.set(id, TITLE_BYTES)
  const blocks = [sealed(new Uint8Array(SEAL_BYTES), title)]
  for (const entry of signed) blocks.push(encodeEntry(sealOf(blocks.at(-1)!), entry))
  return Buffer.concat(blocks)
}

/** @param previous seal of the block before. @throws RangeError on a slot or a digest that does not fit */
export function encodeEntry(previous: Uint8Array, { slot, digest }: Signed): Uint8Array {
  const name = new TextEncoder().encode(slot)
  const value = fromHex(digest)
  if (name.length > SLOT_BYTES) throw new RangeError(`The slot has ${name.length} bytes; at most ${SLOT_BYTES} fit.`)
  if (value.length !== DIGEST_BYTES)
    throw new RangeError(`The digest has ${value.length} bytes; expected ${DIGEST_BYTES}.`)
  const body = new Uint8Array(BODY_BYTES)
  body[0] = name.length
  body.set(name, SLOT_AT)
  body.set(value, DIGEST_AT)
  return sealed(previous, body)
}

/**
 * Reads all entries, but leaves out an interrupted append at the end: at most one block, cut off or with a wrong seal.
 * @throws DamagedRecord
 */
export function decodeRecord(bytes: Uint8Array): RecordContents {
  const first = blockAt(bytes, 0, new Uint8Array(SEAL_BYTES))
  if (first === undefined) throw new DamagedRecord('its first block is damaged')
  if (titleOf(first) !== TITLE) throw new DamagedRecord(`its title is not "${TITLE}"`)
  const signed: Signed[] = []
  const heads: RecordHead[] = [{ entries: 0, seal: sealOf(first) }]
  for (let at = BLOCK_BYTES; at < bytes.length; at += BLOCK_BYTES) {
    const block = blockAt(bytes, at, heads.at(-1)!.seal)
    if (block === undefined) {
      if (bytes.length - at <= BLOCK_BYTES) break
      throw new DamagedRecord(`entry ${heads.length} has a wrong seal`)
    }
    signed.push(entryOf(block))
    heads.push({ entries: signed.length, seal: sealOf(block) })
  }
  return { signed, heads }
}

/** Encodes a head for the witness: number of entries, 8 bytes, big-endian ‖ seal. */
export function encodeHead({ entries, seal }: RecordHead): Uint8Array {
  const encoded = new Uint8Array(COUNT_BYTES + SEAL_BYTES)
  new DataView(encoded.buffer).setBigUint64(0, BigInt(entries))
  encoded.set(seal, COUNT_BYTES)
  return encoded
}

export function decodeHead(encoded: Uint8Array): RecordHead {
  const entries = new DataView(encoded.buffer, encoded.byteOffset).getBigUint64(0)
  return { entries: Number(entries), seal: encoded.slice(COUNT_BYTES) }
}

export const isSameHead = (a: RecordHead, b: RecordHead): boolean =>
  a.entries === b.entries && Buffer.compare(a.seal, b.seal) === 0

export const sealOf = (block: Uint8Array): Uint8Array => Uint8Array.from(block.subarray(BODY_BYTES))

function sealed(previous: Uint8Array, body: Uint8Array): Uint8Array {
  return Buffer.concat([body, createHash('sha256').update(previous).update(body).digest()])
}

/** The block at this position; undefined if it is cut off or its seal is wrong. */
function blockAt(bytes: Uint8Array, at: number, previous: Uint8Array): Uint8Array | undefined {
  const block = bytes.subarray(at, at + BLOCK_BYTES)
  const isWhole = block.length === BLOCK_BYTES
  return isWhole && Buffer.compare(block, sealed(previous, block.subarray(0, BODY_BYTES))) === 0 ? block : undefined
}

const titleOf = (block: Uint8Array): string =>
  new TextDecoder().decode(block.subarray(0, TITLE_BYTES)).replace(/\0+$/, '')

function entryOf(block: Uint8Array): Signed {
  const slot = new TextDecoder().decode(block.subarray(SLOT_AT, SLOT_AT + block[0]!))
  return { slot, digest: toHex(block.subarray(DIGEST_AT, BODY_BYTES)) }
}
