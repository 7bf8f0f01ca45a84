/** A node's three secret keys, and the file that holds them. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { RandomSource } from '../../probe/ports.js'
import { keccakText } from '../../proto/hash.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { notWritten, writeWhole } from './whole-file.js'

/** 32 bytes each: the key of the account that stakes and pays, the key that votes, the seed of the Ed25519 peer key. */
export interface NodeKeys {
  readonly evm: Hex
  readonly bls: Hex
  readonly peer: Hex
}

/** A key file that cannot be used, or must not be replaced. The message is one line that says what to do. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError'
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

const keyFile = z.strictObject({ evm: secretOf(SECP256K1_ORDER), bls: secretOf(BLS12_381_ORDER), peer: secret })

const SECRET_BYTES = 32
const OWNER_ONLY = 0o600

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

/** @throws KeyFileError */
export async function loadKeys(path: string): Promise<NodeKeys> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const what = missing ? 'there is no such file. Make one with "init", or copy yours there' : (cause as Error).message
    throw new KeyFileError(`Cannot use key file ${path}: ${what}.`, { cause })
  }
  const parsed = keyFile.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue?.path.join('.') || 'the file'
  throw new KeyFileError(`Cannot use key file ${path}: ${where} ${issue?.message}. Restore it from your copy.`)
}

/**
 * Writes the whole file or nothing. Only the owner can read it.
 * @throws KeyFileError if a file exists already: keys are never replaced; UserError 'store' if it cannot be written
 */
export async function saveKeys(path: string, keys: NodeKeys): Promise<void> {
  try {
    await writeWhole(path, `${JSON.stringify(keys, null, 2)}\n`, { place: 'new', mode: OWNER_ONLY })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritten(path, cause)
    throw new KeyFileError(`Key file ${path} exists already. Move it away first, or use its keys.`, { cause })
  }
}

function blsSecret(bytes: Uint8Array): Hex {
  const inRange = Uint8Array.from(bytes)
  inRange[0] = inRange[0]! % (MAX_BLS_FIRST_BYTE + 1)
  return toHex(inRange)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
