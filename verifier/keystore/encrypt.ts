/** Encrypts a node's keys under one password, and decrypts them: standard keystores, which other programs read too. */
import { create, defaultAes128CtrModule, defaultScryptModule, defaultSha256Module } from '@chainsafe/bls-keystore'
import { encryptKeystoreJson } from 'ethers'
import { fromHex, type Hex } from '../../proto/hex.js'
import type { NodeKeys } from '../config/keys.js'
import { type EncryptedKeys, encryptedKeys } from '../config/keystore-schema.js'
import { openAccount, openBls, openPeer } from './open.js'
import { accountAddress, blsPublicKeyOf, peerPublicKeyOf } from './public-keys.js'

/**
 * The least cost for passwords that OWASP's list names for scrypt with r = 8 and p = 1: 128 MiB and half a second for
 * each of the three keys. All have the same cost, since whoever guesses a password tries it on the cheapest one.
 */
const SCRYPT_N = 2 ** 17

/** @param scryptN a power of two. A test takes less than the default, and no setting does */
export async function encryptKeys(keys: NodeKeys, password: string, scryptN = SCRYPT_N): Promise<EncryptedKeys> {
  const account = { address: accountAddress(keys.evm), privateKey: keys.evm }
  const evm: unknown = JSON.parse(await encryptKeystoreJson(account, password, { scrypt: { N: scryptN } }))
  const secret = (value: Hex, publicKey: Uint8Array, description: string) => {
    const kdf = defaultScryptModule()
    const costing = { ...kdf, params: { ...kdf.params, n: scryptN } }
    const [checksum, cipher] = [defaultSha256Module(), defaultAes128CtrModule()]
    return create(password, fromHex(value), publicKey, '', description, costing, checksum, cipher)
  }
  return encryptedKeys.parse({
    evm,
    bls: await secret(keys.bls, blsPublicKeyOf(keys.bls), 'Bandwitness BLS key'),
    peer: await secret(keys.peer, peerPublicKeyOf(keys.peer), 'Bandwitness peer key: seed of an Ed25519 key'),
  })
}

/** @throws WrongPassword; DamagedKeystore */
export async function decryptKeys({ evm, bls, peer }: EncryptedKeys, password: string): Promise<NodeKeys> {
  return {
    evm: await openAccount(evm, password),
    bls: await openBls(bls, password),
    peer: await openPeer(peer, password),
  }
}
