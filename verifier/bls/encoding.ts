/**
 * Points in the encoding of the EIP-2537 precompiles: every coordinate has 48 bytes, big-endian, padded to 64. G1 is x, y
 * (128 bytes). G2 is x.c0, x.c1, y.c0, y.c1 (256 bytes); the library's own encoding puts c1 first.
 */
import { PointFormat } from '@chainsafe/bls/types'
import bls from './backend.js'

const FIELD_BYTES = 48
const PADDED_BYTES = 64
const G1_ORDER = [0, 1] as const
const G2_ORDER = [1, 0, 3, 2] as const

export const G1_BYTES = 2 * PADDED_BYTES
/** Compressed. */
export const SIGNATURE_BYTES = 96

/**
 * The library also takes 192 bytes, uncompressed. Then each signature would have two encodings.
 * @throws RangeError for another length
 */
export function requireCompressed(signature: Uint8Array): Uint8Array {
  if (signature.length !== SIGNATURE_BYTES) throw new RangeError(`a signature of ${signature.length} bytes`)
  return signature
}

/** @param uncompressed 96 bytes */
export const g1ToEip2537 = (uncompressed: Uint8Array): Uint8Array => pad(uncompressed, G1_ORDER)

/** The inverse. Does not check that the point is in the subgroup: the library does that. @throws RangeError */
export function g1FromEip2537(padded: Uint8Array): Uint8Array {
  if (padded.length !== G1_BYTES) throw new RangeError(`a G1 point of ${padded.length} bytes, not ${G1_BYTES}`)
  const out = new Uint8Array(2 * FIELD_BYTES)
  for (const i of G1_ORDER) {
    const word = padded.subarray(i * PADDED_BYTES, (i + 1) * PADDED_BYTES)
    if (word.subarray(0, PADDED_BYTES - FIELD_BYTES).some(byte => byte !== 0)) throw new RangeError('dirty padding')
    out.set(word.subarray(PADDED_BYTES - FIELD_BYTES), i * FIELD_BYTES)
  }
  return out
}

/** @param signature 96 bytes, compressed. @throws if it is not a point of the subgroup */
export const g2ToEip2537 = (signature: Uint8Array): Uint8Array =>
  pad(bls.Signature.fromBytes(signature, undefined, true).toBytes(PointFormat.uncompressed), G2_ORDER)

function pad(uncompressed: Uint8Array, order: readonly number[]): Uint8Array {
  const out = new Uint8Array(order.length * PADDED_BYTES)
  for (const [to, from] of order.entries()) {
    const field = uncompressed.subarray(from * FIELD_BYTES, (from + 1) * FIELD_BYTES)
    out.set(field, (to + 1) * PADDED_BYTES - FIELD_BYTES)
  }
  return out
}
