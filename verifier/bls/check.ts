/**
 * Checks many signatures together. Those of one digest are first added up, each times a random number, and so are their keys:
 * one pairing then stands for all of them. The digests are checked together with random numbers as well, by
 * https://ethresear.ch/t/fast-verification-of-multiple-bls-signatures/5407. Without these numbers two wrong signatures whose
 * errors cancel each other out would pass. They are the library's own, of 64 bits.
 */
import type { PublicKey, Signature, SignatureSet } from '@chainsafe/blst'
import { fromHex, type Hex } from '../../proto/hex.js'
import { groupBy } from '../core/group-by.js'
import { native } from './backend.js'
import { BoundedMap } from './bounded-map.js'
import { g1FromEip2537, requireCompressed } from './encoding.js'
import { findRight } from './splitting.js'

/** One signature, of one key or of many keys together, over one digest. */
export interface Check {
  /** 128 bytes each, EIP-2537 G1. The registry has checked a proof of possession of every key, against rogue keys. */
  readonly keys: readonly Hex[]
  readonly digest: Hex
  /** 96 bytes, compressed G2 */
  readonly signature: Uint8Array
}

/** Keys of several frozen sets. They come again every epoch, and are parsed once. */
const MAX_KEYS = 1024

/** A check whose lengths and keys are right. */
interface Sound {
  readonly place: number
  readonly digest: Hex
  readonly key: PublicKey
  readonly signature: Uint8Array
  parsed?: Signature
}

export class BatchChecks {
  readonly #blst = native()
  readonly #keys = new BoundedMap<Hex, PublicKey>(MAX_KEYS)

  /** @returns for each check whether it holds: false for malformed input too */
  check(checks: readonly Check[]): boolean[] {
    const verdicts = checks.map(() => false)
    const sound = checks.flatMap((check, place) => this.#soundOf(check, place) ?? [])
    const right = findRight(sound.length, (from, to) => isTrue(() => this.#hold(sound.slice(from, to))))
    for (const [i, { place }] of sound.entries()) verdicts[place] = right[i]!
    return verdicts
  }

  /** @throws if a signature is malformed */
  #hold(sound: readonly Sound[]): boolean {
    const sets = [...groupBy(sound, ({ digest }) => digest)].map(([digest, group]) => this.#setOf(digest, group))
    const [first] = sets
    return sets.length === 1
      ? this.#blst.verify(first!.msg, first!.pk, first!.sig)
      : this.#blst.verifyMultipleAggregateSignatures(sets)
  }

  #setOf(digest: Hex, group: Sound[]): SignatureSet {
    const msg = fromHex(digest)
    const [first] = group
    if (group.length === 1) return { msg, pk: first!.key, sig: this.#parsed(first!) }
    const sum = this.#blst.aggregateWithRandomness(group.map(({ key, signature }) => ({ pk: key, sig: signature })))
    return { msg, ...sum }
  }

  /** The subgroup check is part of parsing: the functions that check many skip it. */
  #parsed(sound: Sound): Signature {
    sound.parsed ??= this.#blst.Signature.fromBytes(sound.signature, true)
    return sound.parsed
  }

  #soundOf({ keys, digest, signature }: Check, place: number): Sound | undefined {
    try {
      const parsed = keys.map(key => this.#key(key))
      const key = parsed.length === 1 ? parsed[0]! : this.#blst.aggregatePublicKeys(parsed)
      return { place, digest, key, signature: requireCompressed(signature) }
    } catch {
      return undefined
    }
  }

  #key(blsKey: Hex): PublicKey {
    let key = this.#keys.get(blsKey)
    if (key === undefined) {
      key = this.#blst.PublicKey.fromBytes(g1FromEip2537(fromHex(blsKey)), true)
      this.#keys.set(blsKey, key)
    }
    return key
  }
}

function isTrue(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}
