import { readFileSync } from 'node:fs'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { expect } from 'chai'
import fc from 'fast-check'
import { proofOfPossessionDigest } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { aggregate } from '../aggregate.js'
import { BatchChecks } from '../check.js'
import { g1FromEip2537, g1ToEip2537, g2ToEip2537 } from '../encoding.js'
import { proveOfPossession } from '../proof-of-possession.js'
import { BlsSigner } from '../signer.js'

interface Vectors {
  readonly ciphersuite: string
  readonly digest: Hex
  readonly signers: readonly {
    readonly secretKey: Hex
    readonly publicKey: Hex
    readonly publicKeyEip2537: Hex
    readonly signature: Hex
    readonly signatureEip2537: Hex
  }[]
  readonly aggregate: { readonly signatureEip2537: Hex }
  readonly outsideSubgroup: Hex
}
const vectors: Vectors = JSON.parse(readFileSync(new URL('../../../proto/vectors/bls.json', import.meta.url), 'utf8'))

const noble = bls12_381.longSignatures
const nobleDigest = (digest: Hex) => noble.hash(fromHex(digest), vectors.ciphersuite)

const secretKey = fc
  .bigInt({ min: 1n, max: bls12_381.fields.Fr.ORDER - 1n })
  .map(n => `0x${n.toString(16).padStart(64, '0')}` as Hex)
const digest = fc.string().map(keccakText)

const keyOf = (signer: BlsSigner): Hex => toHex(signer.publicKey128)
const signersOf = () => vectors.signers.map(({ secretKey }) => new BlsSigner(secretKey))

const checks = new BatchChecks()
const fastAggregateVerify = (keys: Hex[], digest: Hex, signature: Uint8Array) =>
  checks.check([{ keys, digest, signature }])[0]
const verify = (key: Hex, digest: Hex, signature: Uint8Array) => fastAggregateVerify([key], digest, signature)

/** Compressed encodings of the point at infinity. */
const INFINITY_SIGNATURE = Uint8Array.of(0xc0, ...new Uint8Array(95))
const INFINITY_KEY = toHex(new Uint8Array(128))

/**
 * A compressed point of the curve, outside the subgroup: y² = x³ + 4(1 + u) has a root for about every second x, and of
 * those points one in about 2^252 lies in the subgroup.
 */
function signatureOutsideSubgroup(): Uint8Array {
  const { Fp2 } = bls12_381.fields
  const onCurve = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n].find(c0 => {
    const x = Fp2.fromBigTuple([c0, 0n])
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), Fp2.fromBigTuple([4n, 4n]))
    try {
      return Fp2.eql(Fp2.sqr(Fp2.sqrt(square)), square)
    } catch {
      return false
    }
  })
  const out = new Uint8Array(96)
  out[0] = 0x80
  out[95] = Number(onCurve)
  return out
}

describe('BLS signatures', () => {
  it('agree with the golden vectors', () => {
    for (const vector of vectors.signers) {
      const signer = new BlsSigner(vector.secretKey)
      const signature = signer.sign(vectors.digest)
      expect(keyOf(signer)).to.equal(vector.publicKeyEip2537)
      expect(toHex(signature)).to.equal(vector.signature)
      expect(toHex(g2ToEip2537(signature))).to.equal(vector.signatureEip2537)
      expect(verify(keyOf(signer), vectors.digest, signature)).to.equal(true)
    }
    const sum = aggregate(vectors.signers.map(({ signature }) => fromHex(signature)))
    expect(toHex(g2ToEip2537(sum))).to.equal(vectors.aggregate.signatureEip2537)
  })

  it('agree with another library on any key and digest', () => {
    fc.assert(
      fc.property(secretKey, digest, (secret, digest) => {
        const signer = new BlsSigner(secret)
        const publicKey = noble.getPublicKey(fromHex(secret))
        const signature = noble.sign(nobleDigest(digest), fromHex(secret))
        expect(toHex(signer.publicKey128)).to.equal(toHex(g1ToEip2537(publicKey.toBytes(false))))
        expect(toHex(signer.sign(digest))).to.equal(toHex(signature.toBytes(true)))
        expect(verify(keyOf(signer), digest, signature.toBytes(true))).to.equal(true)
        expect(noble.verify(signer.sign(digest), nobleDigest(digest), publicKey)).to.equal(true)
      }),
      { numRuns: 8 },
    )
  })

  it('hold for one key and one digest only', () => {
    const [a, b] = signersOf()
    const signature = a!.sign(vectors.digest)
    expect(verify(keyOf(b!), vectors.digest, signature)).to.equal(false)
    expect(verify(keyOf(a!), keccakText('another'), signature)).to.equal(false)
  })

  it('are false, and never an error, if a signature or key is malformed', () => {
    const [a] = signersOf()
    const signature = a!.sign(vectors.digest)
    const malformed = [
      new Uint8Array(0),
      new Uint8Array(96),
      INFINITY_SIGNATURE,
      signatureOutsideSubgroup(),
      signature.subarray(1),
      Uint8Array.of(...signature, 0),
      noble.Signature.fromBytes(signature).toBytes(false), // the same point, not compressed
    ]
    for (const bad of malformed) {
      expect(verify(keyOf(a!), vectors.digest, bad)).to.equal(false)
      expect(fastAggregateVerify([keyOf(a!)], vectors.digest, bad)).to.equal(false)
    }
    const dirty = Uint8Array.from(a!.publicKey128)
    dirty[0] = 1
    for (const bad of [INFINITY_KEY, vectors.outsideSubgroup, toHex(dirty), '0x00', '0x'] as Hex[]) {
      expect(verify(bad, vectors.digest, signature)).to.equal(false)
      expect(fastAggregateVerify([bad], vectors.digest, signature)).to.equal(false)
    }
    // no malformed key was remembered as valid
    expect(verify(keyOf(a!), vectors.digest, signature)).to.equal(true)
  })
})

describe('aggregates', () => {
  it('hold for exactly the keys that signed, in any order', () => {
    const signers = signersOf()
    const sum = aggregate(signers.map(signer => signer.sign(vectors.digest)))
    const keys = signers.map(keyOf)
    expect(fastAggregateVerify(keys, vectors.digest, sum)).to.equal(true)
    expect(fastAggregateVerify([...keys].reverse(), vectors.digest, sum)).to.equal(true)
    expect(fastAggregateVerify(keys.slice(1), vectors.digest, sum)).to.equal(false)
    expect(fastAggregateVerify([...keys, keys[0]!], vectors.digest, sum)).to.equal(false)
    expect(fastAggregateVerify(keys, keccakText('another'), sum)).to.equal(false)
    expect(fastAggregateVerify([], vectors.digest, INFINITY_SIGNATURE)).to.equal(false)
  })

  it('refuse a malformed signature, and an empty list', () => {
    const good = signersOf()[0]!.sign(vectors.digest)
    expect(() => aggregate([])).to.throw()
    for (const bad of [INFINITY_SIGNATURE, signatureOutsideSubgroup(), new Uint8Array(96)]) {
      expect(() => aggregate([good, bad])).to.throw()
    }
  })
})

describe('a proof of possession', () => {
  it('is a signature over key, account, registry and chain', () => {
    const signer = signersOf()[0]!
    const registry: Hex = `0x${'11'.repeat(20)}`
    const account: Hex = `0x${'22'.repeat(20)}`
    const expected = signer.sign(proofOfPossessionDigest(7, registry, account, signer.publicKey128))
    expect(toHex(proveOfPossession(signer, 7, registry, account))).to.equal(toHex(g2ToEip2537(expected)))
  })
})

describe('point encodings', () => {
  it('of G1 decode to the same point, and a wrong length or dirty padding is refused', () => {
    for (const { publicKeyEip2537 } of vectors.signers) {
      expect(toHex(g1ToEip2537(g1FromEip2537(fromHex(publicKeyEip2537))))).to.equal(publicKeyEip2537)
    }
    expect(() => g1FromEip2537(new Uint8Array(127))).to.throw(RangeError)
    expect(() => g1FromEip2537(new Uint8Array(128).fill(1))).to.throw(RangeError)
  })
})
