/**
 * RFC 9497's partially oblivious pseudorandom function (section 3.3.3), with the suite ristretto255-SHA512. A verifier blinds
 * what it asks for, a provider evaluates it with its key and a public input, and proves that the key was the announced one.
 * libsodium computes in the group, in constant time and six times faster than any library that has the whole function
 * (docs/adr/0047-tokens-by-libsodium.md). Functions throw on bytes that are no element or scalar, and on the identity.
 */
import { createHash } from 'node:crypto'
import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js'
import { equalBytes } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import sodium from 'libsodium-wrappers-sumo'
import type { RandomSource } from '../ports.js'

await sodium.ready

const {
  crypto_core_ristretto255_add: add,
  crypto_core_ristretto255_from_hash: elementOf,
  crypto_core_ristretto255_scalar_add: addScalars,
  crypto_core_ristretto255_scalar_invert: invert,
  crypto_core_ristretto255_scalar_mul: multiplyScalars,
  crypto_core_ristretto255_scalar_reduce: reduce,
  crypto_core_ristretto255_scalar_sub: subtractScalars,
  crypto_scalarmult_ristretto255: multiply,
  crypto_scalarmult_ristretto255_base: multiplyBase,
} = sodium

const SCALAR_BYTES = 32
/** As many random bytes as make every scalar equally likely, and as many as one is hashed to. */
const WIDE_BYTES = 64
const NULL = new Uint8Array(SCALAR_BYTES)
const IDENTITY = new Uint8Array(32)

/** Mode 2 of the suite, section 4.1. */
const CONTEXT = concatBytes(utf8ToBytes('OPRFV1-'), Uint8Array.of(2), utf8ToBytes('-ristretto255-SHA512'))

/** What `Poprf.blind` keeps. */
export interface Blind {
  /** secret scalar */
  readonly blind: Uint8Array
  /** for the one who evaluates */
  readonly blinded: Uint8Array
}

/** A blinded input that came back. */
export interface Evaluated extends Blind {
  readonly input: Uint8Array
  readonly evaluated: Uint8Array
}

/** Section 3.2.1. @param seed 32 secret bytes */
export function deriveKeyPair(seed: Uint8Array, info: Uint8Array): { secretKey: Uint8Array; publicKey: Uint8Array } {
  // The section tries further counters while the scalar is 0, which no hash is.
  const secretKey = toScalar(concatBytes(seed, framed(info), Uint8Array.of(0)), 'DeriveKeyPair')
  return { secretKey, publicKey: multiplyBase(secretKey) }
}

export class Poprf {
  readonly #info: Uint8Array
  /** the public input as a scalar */
  readonly #tweak: Uint8Array

  /** @param info the public input of all evaluations */
  constructor(info: Uint8Array) {
    this.#info = info
    this.#tweak = toScalar(concatBytes(utf8ToBytes('Info'), framed(info)))
  }

  /** Hides an input from the one who evaluates it. */
  blind(input: Uint8Array, random: RandomSource): Blind {
    const blind = reduce(random.bytes(WIDE_BYTES))
    return { blind, blinded: multiply(blind, toElement(input)) }
  }

  /** @returns the elements, in the same order, and the proof that one key evaluated all of them */
  evaluateBlinded(
    secretKey: Uint8Array,
    blinded: readonly Uint8Array[],
    random: RandomSource,
  ): { evaluated: Uint8Array[]; proof: Uint8Array } {
    const key = addScalars(secretKey, this.#tweak)
    const inverse = invert(key)
    const evaluated = blinded.map(element => multiply(inverse, element))
    return { evaluated, proof: prove(key, evaluated, blinded, random) }
  }

  /**
   * The key with which the holder of a secret key evaluates this public input.
   * @throws Error if the public key is no element, or the identity
   */
  keyOf(publicKey: Uint8Array): Uint8Array {
    if (equalBytes(publicKey, IDENTITY)) throw new Error('the public key is the identity')
    return add(multiplyBase(this.#tweak), publicKey)
  }

  /**
   * The outputs of blinded inputs.
   * @param key see `keyOf`
   * @throws Error if the proof does not show that this key evaluated all elements
   */
  finish(items: readonly Evaluated[], proof: Uint8Array, key: Uint8Array): Uint8Array[] {
    const evaluated = items.map(item => item.evaluated)
    const blinded = items.map(item => item.blinded)
    verify(key, evaluated, blinded, proof)
    return items.map(({ input, blind }, i) => this.#output(input, multiply(invert(blind), evaluated[i]!)))
  }

  /** The output that `finish` gives for this input. */
  evaluate(secretKey: Uint8Array, input: Uint8Array): Uint8Array {
    return this.#output(input, multiply(invert(addScalars(secretKey, this.#tweak)), toElement(input)))
  }

  #output(input: Uint8Array, element: Uint8Array): Uint8Array {
    return hash(framed(input), framed(this.#info), framed(element), utf8ToBytes('Finalize'))
  }
}

/** Section 2.2.1: a proof that `key` times each evaluated element is the blinded one. */
function prove(
  key: Uint8Array,
  evaluated: readonly Uint8Array[],
  blinded: readonly Uint8Array[],
  random: RandomSource,
): Uint8Array {
  const publicKey = multiplyBase(key)
  const m = weighted(evaluated, weights(publicKey, evaluated, blinded))
  const z = multiply(key, m)
  const r = reduce(random.bytes(WIDE_BYTES))
  const c = challenge(publicKey, m, z, multiplyBase(r), multiply(r, m))
  return concatBytes(c, subtractScalars(r, multiplyScalars(c, key)))
}

/** Section 2.2.2. @throws Error if the proof does not hold */
function verify(
  publicKey: Uint8Array,
  evaluated: readonly Uint8Array[],
  blinded: readonly Uint8Array[],
  proof: Uint8Array,
): void {
  const [c, s] = [proof.subarray(0, SCALAR_BYTES), proof.subarray(SCALAR_BYTES)]
  if (!equalBytes(addScalars(s, NULL), s)) throw new Error('the proof has a second form')
  const all = weights(publicKey, evaluated, blinded)
  const [m, z] = [weighted(evaluated, all), weighted(blinded, all)]
  const t2 = add(multiplyBase(s), multiply(c, publicKey))
  const t3 = add(multiply(s, m), multiply(c, z))
  if (!equalBytes(c, challenge(publicKey, m, z, t2, t3))) throw new Error('the proof does not hold')
}

/** The weight of each pair of elements, which neither side can choose. */
function weights(
  publicKey: Uint8Array,
  evaluated: readonly Uint8Array[],
  blinded: readonly Uint8Array[],
): Uint8Array[] {
  const seed = hash(framed(publicKey), framed(concatBytes(utf8ToBytes('Seed-'), CONTEXT)))
  return evaluated.map((element, i) =>
    toScalar(concatBytes(framed(seed), uint16(i), framed(element), framed(blinded[i]!), utf8ToBytes('Composite'))),
  )
}

const weighted = (elements: readonly Uint8Array[], by: readonly Uint8Array[]): Uint8Array =>
  elements.map((element, i) => multiply(by[i]!, element)).reduce((sum, element) => add(sum, element))

const challenge = (...elements: readonly Uint8Array[]): Uint8Array =>
  toScalar(concatBytes(...elements.map(framed), utf8ToBytes('Challenge')))

const toElement = (input: Uint8Array): Uint8Array => elementOf(expanded(input, 'HashToGroup-'))

const toScalar = (input: Uint8Array, label = 'HashToScalar-'): Uint8Array => reduce(expanded(input, label))

const expanded = (input: Uint8Array, label: string): Uint8Array =>
  expand_message_xmd(input, concatBytes(utf8ToBytes(label), CONTEXT), WIDE_BYTES, sha512)

/** With its length before it. */
const framed = (bytes: Uint8Array): Uint8Array => concatBytes(uint16(bytes.length), bytes)

const uint16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff)

const hash = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(
    createHash('sha512')
      .update(concatBytes(...parts))
      .digest(),
  )
