/**
 * Checks signatures and aggregates them. The library's aggregate functions skip the subgroup check for raw bytes, so the
 * verifier first parses all bytes with validation. Keys come again every epoch, and are parsed once.
 */
import { PointFormat, type PublicKey, type Signature } from '@chainsafe/bls/types'
import { fromHex, type Hex } from '../../proto/hex.js'
import bls, { requireNative } from './backend.js'
import { g1FromEip2537 } from './encoding.js'

const SIGNATURE_BYTES = 96

export class BlsVerifier {
  readonly #keys = new Map<Hex, PublicKey>()

  /** @throws UserError without a native backend */
  constructor() {
    requireNative()
  }

  /** False for malformed input too. @param blsKey 128 bytes, EIP-2537 G1. @param signature 96 bytes */
  verify(blsKey: Hex, digest: Hex, signature: Uint8Array): boolean {
    try {
      return this.#parse(signature).verify(this.#key(blsKey), fromHex(digest))
    } catch {
      return false
    }
  }

  /** One signature of many keys over one digest. The registry has checked a proof of possession of every key, against rogue keys. */
  fastAggregateVerify(blsKeys: readonly Hex[], digest: Hex, signature: Uint8Array): boolean {
    if (blsKeys.length === 0) return false
    try {
      return this.#parse(signature).verifyAggregate(
        blsKeys.map(key => this.#key(key)),
        fromHex(digest),
      )
    } catch {
      return false
    }
  }

  /** @returns 96 bytes. @throws if a signature is malformed, or the list is empty */
  aggregate(signatures: readonly Uint8Array[]): Uint8Array {
    return bls.Signature.aggregate(signatures.map(signature => this.#parse(signature))).toBytes(PointFormat.compressed)
  }

  #key(blsKey: Hex): PublicKey {
    let key = this.#keys.get(blsKey)
    if (key === undefined) {
      key = bls.PublicKey.fromBytes(g1FromEip2537(fromHex(blsKey)), undefined, true)
      this.#keys.set(blsKey, key)
    }
    return key
  }

  /** The library also takes 192 bytes, uncompressed. Then each signature would have two encodings. */
  #parse(signature: Uint8Array): Signature {
    if (signature.length !== SIGNATURE_BYTES) throw new RangeError(`a signature of ${signature.length} bytes`)
    return bls.Signature.fromBytes(signature, undefined, true)
  }
}
