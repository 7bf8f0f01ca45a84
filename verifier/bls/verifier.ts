/**
 * Checks signatures and aggregates them. The library's aggregate functions skip the subgroup check for raw bytes, so the
 * verifier first parses all bytes with validation. Keys come again every epoch, and are parsed once.
 */
import { PointFormat, type PublicKey, type Signature } from '@chainsafe/bls/types'
import { fromHex, type Hex } from '../../proto/hex.js'
import bls, { requireNative } from './backend.js'
import { g1FromEip2537 } from './encoding.js'

const SIGNATURE_BYTES = 96

/** What checking took. A check of an aggregate costs about as much as one of a signature, whatever its signers are. */
export interface BlsCounts {
  verified: number
  refused: number
  /** time that the checks took */
  ms: number
}

export class BlsVerifier {
  readonly counts: BlsCounts = { verified: 0, refused: 0, ms: 0 }
  readonly #keys = new Map<Hex, PublicKey>()

  /** @param now of a clock that only goes forward, ms. @throws UserError without a native backend */
  constructor(private readonly now: () => number = () => performance.now()) {
    requireNative()
  }

  /** False for malformed input too. @param blsKey 128 bytes, EIP-2537 G1. @param signature 96 bytes */
  verify(blsKey: Hex, digest: Hex, signature: Uint8Array): boolean {
    return this.#counted(() => this.#parse(signature).verify(this.#key(blsKey), fromHex(digest)))
  }

  /** One signature of many keys over one digest. The registry has checked a proof of possession of every key, against rogue keys. */
  fastAggregateVerify(blsKeys: readonly Hex[], digest: Hex, signature: Uint8Array): boolean {
    if (blsKeys.length === 0) return false
    return this.#counted(() =>
      this.#parse(signature).verifyAggregate(
        blsKeys.map(key => this.#key(key)),
        fromHex(digest),
      ),
    )
  }

  /** @returns 96 bytes. @throws if a signature is malformed, or the list is empty */
  aggregate(signatures: readonly Uint8Array[]): Uint8Array {
    return bls.Signature.aggregate(signatures.map(signature => this.#parse(signature))).toBytes(PointFormat.compressed)
  }

  /** False if the check throws. */
  #counted(check: () => boolean): boolean {
    const startMs = this.now()
    const isRight = isTrue(check)
    this.counts.ms += this.now() - startMs
    this.counts[isRight ? 'verified' : 'refused']++
    return isRight
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

function isTrue(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}
