/**
 * One signature from many. The library's aggregate functions skip the subgroup check for raw bytes, so all bytes are first
 * parsed with validation.
 */
import { PointFormat } from '@chainsafe/bls/types'
import bls from './backend.js'
import { requireCompressed } from './encoding.js'

/** @param signatures 96 bytes each. @returns 96 bytes. @throws if a signature is malformed, or the list is empty */
export function aggregate(signatures: readonly Uint8Array[]): Uint8Array {
  const parsed = signatures.map(signature => bls.Signature.fromBytes(requireCompressed(signature), undefined, true))
  return bls.Signature.aggregate(parsed).toBytes(PointFormat.compressed)
}
