/** A node's three secret keys. */
import { z } from 'zod'
import type { RandomSource } from '../../probe/ports.js'
import { keccakText } from '../../proto/hash.js'
import { type Hex, toHex } from '../../proto/hex.js'

/** 32 bytes each: the key of the account that stakes and pays, the key that votes, the seed of the Ed25519 peer key. */
export interface NodeKeys {
  readonly evm: Hex
  readonly bls: Hex
  readonly peer: Hex
}

const secret = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'must be 32 bytes in lower-case hexadecimal with 0x')
  .transform(text => text as Hex)

/** Orders of the two groups: SEC 2 section 2.4.1, and r of BLS12-381. A secret lies between zero and the order. */
const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const BLS12_381_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n
const secretOf = (order: bigint) =>
  secret.refine(text => BigInt(text) > 0n && BigInt(text) < order, 'is not a secret key of its curve')

/** The keys, in the plain form of a key file. */
export const plainKeys = z.strictObject({
  evm: secretOf(SECP256K1_ORDER),
  bls: secretOf(BLS12_381_ORDER),
  peer: secret,
})

const SECRET_BYTES = 32

/** The order of the BLS curve's subgroup begins with 0x73, so a key with a smaller first byte is in range. */
const MAX_BLS_FIRST_BYTE = 0x72

export function createKeys(random: RandomSource): NodeKeys {
  return {
    evm: toHex(random.bytes(SECRET_BYTES)),
    bls: blsSecret(random.bytes(SECRET_BYTES)),
    peer: toHex(random.bytes(SECRET_BYTES)),
  }
}

/** The same keys for the same seed and name: for networks on one machine, whose keys protect nothing. */
export function keysFromSeed(seed: string, name: string): NodeKeys {
  const derive = (kind: string) => keccakText(`bandwitness testnet key\n${seed}\n${name}\n${kind}`)
  return { evm: derive('evm'), bls: blsSecret(Buffer.from(derive('bls').slice(2), 'hex')), peer: derive('peer') }
}

function blsSecret(bytes: Uint8Array): Hex {
  const inRange = Uint8Array.from(bytes)
  inRange[0] = inRange[0]! % (MAX_BLS_FIRST_BYTE + 1)
  return toHex(inRange)
}
