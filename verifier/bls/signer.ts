import { PointFormat, type SecretKey } from '@chainsafe/bls/types'
import { fromHex, type Hex } from '../../proto/hex.js'
import bls, { requireNative } from './backend.js'
import { g1ToEip2537 } from './encoding.js'

/** A verifier's voting key. The signing record of the caller decides which digests the key may sign. */
export class BlsSigner {
  /** 128 bytes, EIP-2537 G1 */
  readonly publicKey128: Uint8Array
  readonly #key: SecretKey

  /** @param secret 32 bytes, below the order of the subgroup. @throws if it is out of range; UserError without a native backend */
  constructor(secret: Hex) {
    requireNative()
    this.#key = bls.SecretKey.fromBytes(fromHex(secret))
    this.publicKey128 = g1ToEip2537(this.#key.toPublicKey().toBytes(PointFormat.uncompressed))
  }

  /** @param digest 32 bytes. @returns 96 bytes, compressed G2 */
  sign(digest: Hex): Uint8Array {
    return this.#key.sign(fromHex(digest)).toBytes(PointFormat.compressed)
  }
}
