/** CRC-32C (Castagnoli, RFC 3720 section 12.1), as the database's files hold it. */

/** Castagnoli's polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78
const BYTE_VALUES = 256
/** The database stores a checksum rotated and shifted by this, so that a checksum of checksums is no special case. */
const MASK_DELTA = 0xa282ead8

const TABLE = Uint32Array.from({ length: BYTE_VALUES }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
  return crc
})

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0
}
