/** Opens one keystore with its password. */
import { scrypt as scryptOfSystem } from 'node:crypto'
import { promisify } from 'node:util'
import { decrypt } from '@chainsafe/bls-keystore'
import { decryptKeystoreJson, hexlify, isError, scrypt } from 'ethers'
import { type Hex, toHex } from '../../proto/hex.js'
import { plainKeys } from '../config/keys.js'
import type { AccountKeystore, BlsKeystore, EncryptedKeys } from '../config/keystore-schema.js'
import { blsPublicKeyOf, peerPublicKeyOf } from './public-keys.js'

const systemScrypt = promisify<Uint8Array, Uint8Array, number, object, Buffer>(scryptOfSystem)
// For encryption too. The implementation of ethers, in JavaScript, takes three times as long.
scrypt.register(async (password, salt, N, r, p, length) =>
  hexlify(await systemScrypt(password, salt, length, { N, r, p, maxmem: 256 * r * (N + p) })),
)

/** A keystore has one checksum over key and content, so damage to its content looks like a wrong password. */
export class WrongPassword extends Error {
  override readonly name = 'WrongPassword'
}

/** The password is right, but what it decrypts is not the key that the keystore names, or no key at all. */
export class DamagedKeystore extends Error {
  override readonly name = 'DamagedKeystore'
}

/** @throws WrongPassword; DamagedKeystore */
export async function openAccount(keystore: AccountKeystore, password: string): Promise<Hex> {
  try {
    const { privateKey } = await decryptKeystoreJson(JSON.stringify(keystore), password)
    return checked('evm', privateKey as Hex)
  } catch (cause) {
    if (isError(cause, 'INVALID_ARGUMENT') && cause.argument === 'password') throw new WrongPassword()
    throw new DamagedKeystore('it does not hold the key of its account', { cause })
  }
}

/** @throws WrongPassword; DamagedKeystore */
export async function openBls(keystore: BlsKeystore, password: string): Promise<Hex> {
  const secret = checked('bls', await opened(keystore, password))
  if (keystore.pubkey !== undefined) checkPublicKey(keystore.pubkey, blsPublicKeyOf(secret))
  return secret
}

/** @throws WrongPassword; DamagedKeystore */
export async function openPeer(keystore: EncryptedKeys['peer'], password: string): Promise<Hex> {
  const secret = checked('peer', await opened(keystore, password))
  checkPublicKey(keystore.pubkey, peerPublicKeyOf(secret))
  return secret
}

async function opened(keystore: BlsKeystore, password: string): Promise<Hex> {
  try {
    return toHex(await decrypt({ ...keystore, pubkey: keystore.pubkey ?? '' }, password))
  } catch (cause) {
    if ((cause as Error).message === 'Invalid password') throw new WrongPassword()
    throw new DamagedKeystore('it cannot be decrypted', { cause })
  }
}

function checked(name: keyof typeof plainKeys.shape, secret: Hex): Hex {
  const parsed = plainKeys.shape[name].safeParse(secret)
  if (parsed.success) return parsed.data
  throw new DamagedKeystore('it holds no secret key of its curve')
}

function checkPublicKey(named: string, publicKey: Uint8Array): void {
  const isSame = `0x${named.replace(/^0x/, '').toLowerCase()}` === toHex(publicKey)
  if (!isSame) throw new DamagedKeystore('it does not hold the key of its public key')
}
