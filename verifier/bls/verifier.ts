/**
 * Checks signatures and aggregates them. Bytes handed to the library's aggregate functions skip its group check, so
 * everything is parsed with validation first; keys, which come again every epoch, only once.
 */
import { PointFormat, type PublicKey, type Signature } from '@chainsafe/bls/types'
import { fromHex, type Hex } from '../../proto/hex.js'
import bls from './backend.js'
import { g1FromEip2537 } from './encoding.js'

export class BlsVerifier {
  readonly #keys = new Map<Hex, PublicKey>()

  /** @param blsKey 128 bytes, EIP-2537 G1; @param signature 96 bytes. False for whatever is malformed. */
  verify(blsKey: Hex, digest: Hex, signature: Uint8Array): boolean {
    try {
      return this.#parse(signature).verify(this.#key(blsKey), fromHex(digest))
    } catch {
      return false
    }
  }

  /** One signature of many keys over one digest. Keys must have been proven to be possessed. */
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

  /** @returns 96 bytes. @throws when one of them is malformed, or there are none */
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

  #parse(signature: Uint8Array): Signature {
    return bls.Signature.fromBytes(signature, undefined, true)
  }
}
