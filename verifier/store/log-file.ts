/**
 * LevelDB's log format (doc/log_format.md of its repository), which its manifest has too: blocks of 32 KiB, in which
 * each fragment of a record has a header: masked CRC-32C of type and data (4 bytes), length (2), type (1).
 */
import { maskedCrc32c } from './crc32c.js'
import { DamagedFile } from './file-reader.js'

const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7
const CRC_BYTES = 4
const TYPE_OFFSET = 6
const FULL = 1
const LAST = 4

/**
 * Whole records. What the file's end cuts off, or zeros up to there, is a write that was interrupted before anybody was
 * told that it is on disk: it is left out.
 * @throws DamagedFile
 */
export function logRecords(bytes: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = []
  let fragments: Uint8Array[] = []
  let at = 0
  while (at + HEADER_BYTES <= bytes.length) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES)
    if (left < HEADER_BYTES) {
      at += left
      continue
    }
    const fragment = fragmentAt(bytes, at)
    if (fragment === undefined) {
      if (isInterrupted(bytes, at)) break
      throw new DamagedFile(`wrong checksum at byte ${at}`)
    }
    const type = fragment[0]!
    fragments.push(fragment.subarray(1))
    if (type === FULL || type === LAST) {
      records.push(fragments.length === 1 ? fragments[0]! : Buffer.concat(fragments))
      fragments = []
    }
    at += TYPE_OFFSET + fragment.length
  }
  return records
}

/** Type and data; undefined unless they are whole. */
function fragmentAt(bytes: Uint8Array, at: number): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  const type = bytes[at + TYPE_OFFSET]!
  const length = HEADER_BYTES + view.getUint16(CRC_BYTES, true)
  const isPossible = type >= FULL && type <= LAST && length <= BLOCK_BYTES - (at % BLOCK_BYTES)
  if (!isPossible || at + length > bytes.length) return undefined
  const fragment = bytes.subarray(at + TYPE_OFFSET, at + length)
  return view.getUint32(0, true) === maskedCrc32c(fragment) ? fragment : undefined
}

/** Whether nothing was written behind a fragment that is not whole: otherwise it was whole once. */
function isInterrupted(bytes: Uint8Array, at: number): boolean {
  if (bytes.subarray(at).every(byte => byte === 0)) return true
  const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint16(CRC_BYTES, true)
  if (at + HEADER_BYTES + length <= bytes.length) return false
  for (let next = at + HEADER_BYTES; next + HEADER_BYTES <= bytes.length; next++) {
    if (fragmentAt(bytes, next) !== undefined) return false
  }
  return true
}
