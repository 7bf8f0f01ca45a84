/** BLS keys for tests and the EIP-2537 encoding of points. The encoding shares no code with the nodes, as a check. */
import bls from '@chainsafe/bls'
import type { PublicKey, SecretKey, Signature } from '@chainsafe/bls/types'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'

if (bls.implementation !== 'blst-native')
  throw new Error(`BLS runs on ${bls.implementation} instead of blst-native. Run \`npm ci\`.`)

/** The order of the groups. */
export const ORDER = bls12_381.fields.Fr.ORDER
export const { G1, G2 } = bls12_381
type Point1 = InstanceType<typeof G1.Point>
type Point2 = InstanceType<typeof G2.Point>

export interface TestKey {
  readonly secret: SecretKey
  readonly scalar: bigint
  /** 128 bytes, EIP-2537 encoding. */
  readonly publicKey: Hex
}

export function keyOfScalar(scalar: bigint): TestKey {
  const secret = bls.SecretKey.fromBytes(fromHex(scalar.toString(16).padStart(64, '0')))
  return { secret, scalar, publicKey: encodeG1(secret.toPublicKey()) }
}

export const keyOf = (label: string): TestKey => keyOfScalar((BigInt(keccakText(label)) % (ORDER - 1n)) + 1n)

export const sign = (key: TestKey, digest: Hex): Signature => key.secret.sign(fromHex(digest))

export const aggregate = (signatures: readonly Signature[]): Hex => encodeG2(bls.Signature.aggregate([...signatures]))

const UNCOMPRESSED = 'uncompressed' as Parameters<PublicKey['toBytes']>[0]
const PADDING = new Uint8Array(16)

export const encodeG1 = (key: PublicKey): Hex => padCoordinates(key.toBytes(UNCOMPRESSED), [0, 1])

/** blst writes the imaginary part first; EIP-2537 writes the real part first. */
export const encodeG2 = (signature: Signature): Hex => padCoordinates(signature.toBytes(UNCOMPRESSED), [1, 0, 3, 2])

/** Uses affine coordinates, because noble refuses to serialise points outside the subgroup. */
export const encodeNobleG1 = (point: Point1): Hex => {
  const { x, y } = point.toAffine()
  return words([x, y])
}
export const encodeNobleG2 = (point: Point2): Hex => {
  const { x, y } = point.toAffine()
  return words([x.c0, x.c1, y.c0, y.c1])
}
const words = (coordinates: readonly bigint[]): Hex =>
  `0x${coordinates.map(c => c.toString(16).padStart(128, '0')).join('')}`

/** A point of the curve over Fp that is not in G1: the one with the smallest x. */
export function outsideG1(): Point1 {
  const { Fp, BASE, fromAffine } = G1.Point
  const b = Fp.sub(Fp.sqr(BASE.y), Fp.mul(Fp.sqr(BASE.x), BASE.x))
  return outside(Fp, b, Fp.ONE, (x, y) => fromAffine({ x, y }))
}

/** A point of the twist that is not in G2: the one with the smallest x. */
export function outsideG2(): Point2 {
  const { BASE, fromAffine } = G2.Point
  const Fp2: Field<Point2['x']> & { ONE: Point2['x'] } = bls12_381.fields.Fp2
  const b = Fp2.sub(Fp2.sqr(BASE.y), Fp2.mul(Fp2.sqr(BASE.x), BASE.x))
  return outside(Fp2, b, Fp2.ONE, (x, y) => fromAffine({ x, y }))
}

interface Field<F> {
  add(a: F, b: F): F
  mul(a: F, b: F): F
  sqr(a: F): F
  sqrt(a: F): F
  sub(a: F, b: F): F
}

function outside<F, P extends { isTorsionFree(): boolean }>(
  field: Field<F>,
  b: F,
  one: F,
  pointOf: (x: F, y: F) => P,
): P {
  for (let x = one; ; x = field.add(x, one)) {
    const y = squareRoot(field, field.add(field.mul(field.sqr(x), x), b))
    if (y === undefined) continue
    const point = pointOf(x, y)
    if (!point.isTorsionFree()) return point
  }
}

function squareRoot<F>(field: Field<F>, square: F): F | undefined {
  try {
    return field.sqrt(square)
  } catch {
    return undefined // not a square
  }
}

function padCoordinates(bytes: Uint8Array, order: readonly number[]): Hex {
  return toHex(concatBytes(...order.flatMap(i => [PADDING, bytes.subarray(48 * i, 48 * (i + 1))])))
}

/** Swaps the coefficients of a G2 point into blst's order, as a careless encoder would. */
export function swapFp2(encoded: Hex): Hex {
  const bytes = fromHex(encoded)
  return toHex(concatBytes(...[1, 0, 3, 2].map(i => bytes.subarray(64 * i, 64 * (i + 1)))))
}

export const INFINITY_G1: Hex = `0x${'00'.repeat(128)}`
export const INFINITY_G2: Hex = `0x${'00'.repeat(256)}`
