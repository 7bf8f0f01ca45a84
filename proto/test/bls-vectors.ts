/**
 * Keys, signatures and points, in the encodings of @chainsafe/bls and of the EIP-2537 precompiles. For the precompiles
 * every coordinate has 48 bytes, big-endian, padded to 64. G1 is x, y; G2 is x.c0, x.c1, y.c0, y.c1 (the serialised
 * form has c1 first).
 */
import bls from '@chainsafe/bls'
import { PointFormat } from '@chainsafe/bls/types'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { keccakText } from '../hash.js'
import { fromHex, type Hex, toHex } from '../hex.js'

const FIELD_BYTES = 48
/** Ciphersuite of @chainsafe/bls. */
const DST = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'

function padded(bytes: Uint8Array, order: readonly number[]): Hex {
  const words = order.map(i => toHex(bytes.subarray(i * FIELD_BYTES, (i + 1) * FIELD_BYTES)).slice(2))
  return `0x${words.map(word => word.padStart(128, '0')).join('')}`
}
const g1 = (uncompressed: Uint8Array): Hex => padded(uncompressed, [0, 1])
const g2 = (uncompressed: Uint8Array): Hex => padded(uncompressed, [1, 0, 3, 2])

/** The first point of the curve that lies outside the subgroup (noble refuses to serialise it). */
function outsideSubgroup(): Hex {
  const { Fp } = bls12_381.fields
  for (let x = 1n; ; x++) {
    const square = Fp.add(Fp.pow(x, 3n), 4n)
    if (Fp.pow(square, (Fp.ORDER - 1n) / 2n) !== 1n) continue
    const y = Fp.sqrt(square)
    if (!bls12_381.G1.Point.fromAffine({ x, y }).isTorsionFree()) return g1(concatBytes(Fp.toBytes(x), Fp.toBytes(y)))
  }
}

export function blsVectors() {
  const digest = keccakText('digest that all sign')
  const keys = [1, 2, 3, 4].map(i => bls.SecretKey.fromBytes(fromHex(`0x00${keccakText(`secret key ${i}`).slice(4)}`)))
  const signatures = keys.map(key => key.sign(fromHex(digest)))
  const point = bls12_381.G2.hashToCurve(fromHex(digest), { DST })
  return {
    ciphersuite: DST,
    digest,
    messagePoint: g2(point.toBytes(false)),
    signers: keys.map((key, i) => {
      const publicKey = key.toPublicKey()
      const signature = signatures[i]!
      return {
        secretKey: toHex(key.toBytes()),
        publicKey: toHex(publicKey.toBytes(PointFormat.compressed)),
        publicKeyEip2537: g1(publicKey.toBytes(PointFormat.uncompressed)),
        signature: toHex(signature.toBytes(PointFormat.compressed)),
        signatureEip2537: g2(signature.toBytes(PointFormat.uncompressed)),
      }
    }),
    aggregate: {
      publicKeyEip2537: g1(
        bls.PublicKey.aggregate(keys.map(key => key.toPublicKey())).toBytes(PointFormat.uncompressed),
      ),
      signatureEip2537: g2(bls.Signature.aggregate(signatures).toBytes(PointFormat.uncompressed)),
    },
    /** −G1 generator: the pairing check is e(−G, signature)·e(key, H(m)) = 1 */
    negativeGenerator: g1(bls12_381.G1.Point.BASE.negate().toBytes(false)),
    outsideSubgroup: outsideSubgroup(),
  }
}
