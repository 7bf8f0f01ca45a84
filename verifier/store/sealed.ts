/**
 * Puts a checksum over key and value before every value. The database does not verify its own checksums on reading, so
 * it would return a value in which the disk has flipped a bit.
 */
import { crc32 } from 'node:zlib'

const CHECKSUM_BYTES = 4

export class DamagedValue extends Error {
  override readonly name = 'DamagedValue'

  constructor(
    readonly key: string,
    what = `the checksum of ${JSON.stringify(key)} is wrong`,
  ) {
    super(what)
  }
}

/** Another row says that there is such a row. */
export const missingValue = (key: string): DamagedValue => new DamagedValue(key, `${JSON.stringify(key)} is missing`)

export function seal(key: string, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(CHECKSUM_BYTES + value.length)
  new DataView(sealed.buffer).setUint32(0, checksum(key, value))
  sealed.set(value, CHECKSUM_BYTES)
  return sealed
}

/** @throws DamagedValue */
export function unseal(key: string, sealed: Uint8Array): Uint8Array {
  if (sealed.length < CHECKSUM_BYTES) throw new DamagedValue(key)
  const value = sealed.subarray(CHECKSUM_BYTES)
  const expected = new DataView(sealed.buffer, sealed.byteOffset).getUint32(0)
  if (checksum(key, value) !== expected) throw new DamagedValue(key)
  return value
}

const checksum = (key: string, value: Uint8Array): number => crc32(value, crc32(key))
