/**
 * LevelDB's table format (doc/table_format.md of its repository): blocks, each followed by its type and a masked
 * CRC-32C; a meta index block, which lists the filter, and an index block, which lists the others; and a footer that says
 * where these two are.
 */
import { maskedCrc32c } from './crc32c.js'
import { DamagedFile, FileReader } from './file-reader.js'

const FOOTER_BYTES = 48
const MAGIC_BYTES = 8
const MAGIC = 0xdb4775248b80fb57n
const TYPE_BYTES = 1
const CRC_BYTES = 4
const UNCOMPRESSED = 0
const RESTART_BYTES = 4

/** Whether every byte that says something is what was written. @throws DamagedFile */
export function checkTable(bytes: Uint8Array): void {
  if (bytes.length < FOOTER_BYTES) throw new DamagedFile('it ends too early')
  const footer = bytes.subarray(-FOOTER_BYTES)
  const magic = new DataView(footer.buffer, footer.byteOffset).getBigUint64(FOOTER_BYTES - MAGIC_BYTES, true)
  if (magic !== MAGIC) throw new DamagedFile('it is no table')
  const handles = new FileReader(footer)
  for (const list of ['meta index', 'index']) {
    const { contents, type } = blockAt(bytes, handles)
    if (type !== UNCOMPRESSED) throw new DamagedFile(`its ${list} is of another type`)
    for (const handle of valuesIn(contents)) blockAt(bytes, new FileReader(handle))
  }
}

/** @param handle offset and size */
function blockAt(bytes: Uint8Array, handle: FileReader): { readonly contents: Uint8Array; readonly type: number } {
  const offset = handle.varint()
  const typeAt = offset + handle.varint()
  const crcAt = typeAt + TYPE_BYTES
  if (crcAt + CRC_BYTES > bytes.length) throw new DamagedFile('a block lies beyond its end')
  const crc = new DataView(bytes.buffer, bytes.byteOffset).getUint32(crcAt, true)
  if (crc !== maskedCrc32c(bytes.subarray(offset, crcAt))) throw new DamagedFile(`wrong checksum at byte ${offset}`)
  return { contents: bytes.subarray(offset, typeAt), type: bytes[typeAt]! }
}

/** The entries of a block stand before its restart points: shared and own length of the key, length of the value. */
function* valuesIn(block: Uint8Array): Generator<Uint8Array> {
  if (block.length < RESTART_BYTES) throw new DamagedFile('a block is too short')
  const restarts = new DataView(block.buffer, block.byteOffset).getUint32(block.length - RESTART_BYTES, true)
  const entries = new FileReader(block.subarray(0, block.length - RESTART_BYTES * (restarts + 1)))
  while (!entries.ended) {
    entries.varint()
    const keyLength = entries.varint()
    const valueLength = entries.varint()
    entries.take(keyLength)
    yield entries.take(valueLength)
  }
}
