/**
 * The keys of a leg: X25519 (RFC 7748) of a fresh client key with the exit's static key, then HKDF-SHA256 (RFC 5869).
 *
 * Each direction has its own keys, and the join has a third set: the exit can open a join before it knows the down tag,
 * which the join's sealed part holds. The context of the derivation names the tags and both public keys. So a datagram
 * opens only on the leg and in the direction for which it was sealed.
 *
 * Slot and sequence number are masked as QUIC masks its packet numbers (RFC 9001, section 5.4). So a relay sees neither
 * the order of datagrams nor whether they belong to a probe. The join's mask comes from the exit's public key alone.
 * An exit thereby tells a join from anything else with one block of AES, before it computes X25519.
 */
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { RandomSource } from '../ports.js'
import { PUBLIC_KEY_BYTES } from './constants.js'
import { TunnelError } from './errors.js'

const KEY_BYTES = 16
const IV_BYTES = 12

/** Keys of one direction. */
export interface SealKeys {
  /** of AES-128-GCM */
  readonly key: KeyObject
  /** XORed with slot and sequence number to the nonce: 12 bytes */
  readonly iv: Uint8Array
  /** of the mask over slot and sequence number: 16 bytes */
  readonly mask: Uint8Array
}

export interface LegKeys {
  readonly up: SealKeys
  readonly down: SealKeys
}

/** Fixed bytes before a raw key in its DER form (RFC 8410). */
const PRIVATE_DER = Buffer.from('302e020100300506032b656e04220420', 'hex')
const PUBLIC_DER = Buffer.from('302a300506032b656e032100', 'hex')

const asPrivateKey = (raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PRIVATE_DER, raw]), format: 'der', type: 'pkcs8' })
const asPublicKey = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([PUBLIC_DER, raw]), format: 'der', type: 'spki' })

export interface KeyPair {
  readonly privateKey: KeyObject
  /** 32 bytes */
  readonly publicKey: Uint8Array
}

/** @param raw 32 bytes. @throws RangeError for any other length */
export function keyPairOf(raw: Uint8Array): KeyPair {
  if (raw.length !== PUBLIC_KEY_BYTES) throw new RangeError(`an X25519 key has ${PUBLIC_KEY_BYTES} bytes`)
  const privateKey = asPrivateKey(raw)
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey: new Uint8Array(spki.subarray(PUBLIC_DER.length)) }
}

export const freshKeyPair = (random: RandomSource): KeyPair => keyPairOf(random.bytes(PUBLIC_KEY_BYTES))

/** The secret that both ends of a leg compute, with all that its keys depend on. */
export interface LegSecret {
  readonly shared: Uint8Array
  readonly exitKey: Uint8Array
  readonly clientKey: Uint8Array
}

/** The client's side. @throws TunnelError `unusable-key` if the exit's key is no point, or one of low order */
export function clientSecret(client: KeyPair, exitKey: Uint8Array): LegSecret {
  try {
    return { shared: sharedOf(client.privateKey, exitKey), exitKey, clientKey: client.publicKey }
  } catch (cause) {
    throw new TunnelError('unusable-key', 'the exit’s public key is not usable: choose another exit', { cause })
  }
}

/** The exit's side. @returns undefined for a key of low order, whose secret everybody knows */
export function exitSecret(exit: KeyPair, clientKey: Uint8Array): LegSecret | undefined {
  try {
    return { shared: sharedOf(exit.privateKey, clientKey), exitKey: exit.publicKey, clientKey }
  } catch {
    return undefined
  }
}

const sharedOf = (privateKey: KeyObject, publicKey: Uint8Array): Uint8Array =>
  diffieHellman({ privateKey, publicKey: asPublicKey(publicKey) })

/** Keys of joins under this up tag. */
export const joinKeys = (secret: LegSecret, upTag: Uint8Array): SealKeys => {
  const { key, iv } = derived(secret, 'join', upTag)
  return { key, iv, mask: joinMask(secret.exitKey) }
}

/** The mask of all joins at one exit. */
export const joinMask = (exitKey: Uint8Array): Uint8Array => expand(exitKey, label('join mask'), KEY_BYTES)

export const legKeys = (secret: LegSecret, upTag: Uint8Array, downTag: Uint8Array): LegKeys => ({
  up: derived(secret, 'up', upTag, downTag),
  down: derived(secret, 'down', upTag, downTag),
})

const label = (purpose: string): Uint8Array => utf8ToBytes(`bandwitness leg ${purpose}`)
const expand = (secret: Uint8Array, info: Uint8Array, length: number): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), info, length))

/** All parts of the context have a fixed length for each purpose, so no two contexts are equal. */
function derived(secret: LegSecret, purpose: 'join' | 'up' | 'down', ...tags: Uint8Array[]): SealKeys {
  const info = Buffer.concat([label(purpose), ...tags, secret.exitKey, secret.clientKey])
  const bytes = expand(secret.shared, info, KEY_BYTES + IV_BYTES + KEY_BYTES)
  return {
    key: createSecretKey(bytes.subarray(0, KEY_BYTES)),
    iv: bytes.subarray(KEY_BYTES, KEY_BYTES + IV_BYTES),
    mask: bytes.subarray(KEY_BYTES + IV_BYTES),
  }
}
