/**
 * The exported copy of a signing record: its bytes, and one more entry as its end.
 *
 *   slot     copied:<number of entries before>
 *   digest   SHA-256 of the BLS public key, 48 bytes, compressed: whose record it is
 *
 * Without an end, a copy that was cut off between two entries would pass for whole. A copy may take the place of a lost
 * record: whoever opens it as a record takes the end off.
 */
import { createHash } from 'node:crypto'
import { type Hex, toHex } from '../../proto/hex.js'
import {
  BLOCK_BYTES,
  DamagedRecord,
  decodeRecord,
  encodeEntry,
  type RecordContents,
  type RecordHead,
  type Signed,
} from './record-format.js'

export interface RecordCopy {
  readonly signed: readonly Signed[]
  readonly owner: Hex
}

/** @param publicKey 48 bytes, compressed G1 */
export const recordOwner = (publicKey: Uint8Array): Hex => toHex(createHash('sha256').update(publicKey).digest())

export function encodeCopy(record: Uint8Array, { entries, seal }: RecordHead, owner: Hex): Uint8Array {
  return Buffer.concat([record, encodeEntry(seal, { slot: endAfter(entries), digest: owner })])
}

/** @throws DamagedRecord */
export function decodeCopy(bytes: Uint8Array): RecordCopy {
  const contents = decodeRecord(bytes)
  const { signed } = withoutEnd(contents)
  const end = contents.signed[signed.length]
  const isWhole = bytes.length === contents.heads.length * BLOCK_BYTES
  if (!isWhole || end === undefined) throw new DamagedRecord('it has no end')
  return { signed, owner: end.digest }
}

/** The record of which this may be a copy. */
export function withoutEnd(contents: RecordContents): RecordContents {
  const { signed, heads } = contents
  const isCopy = signed.at(-1)?.slot === endAfter(signed.length - 1)
  return isCopy ? { signed: signed.slice(0, -1), heads: heads.slice(0, -1) } : contents
}

const endAfter = (entries: number): string => `copied:${entries}`
