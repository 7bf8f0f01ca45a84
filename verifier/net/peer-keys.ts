/** The Ed25519 keys that identify peers, and sign in a probe: grants, refusals, roots, reveals, openings. */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import type { PeerSigner, PeerVerifier } from '../../probe/ports.js'

/** What comes before the seed of an Ed25519 key in PKCS #8 (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * The public key is derived by Node.js: that of libp2p computes tables of points first, which takes longer than all else.
 * @param seed 32 bytes
 */
export async function peerPrivateKey(seed: Uint8Array): Promise<Ed25519PrivateKey> {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  return privateKeyFromRaw(Buffer.concat([seed, Buffer.from(x!, 'base64url')])) as Ed25519PrivateKey
}

export const peerIdOf = async (seed: Uint8Array): Promise<string> =>
  peerIdFromPrivateKey(await peerPrivateKey(seed)).toString()

export async function peerSigner(seed: Uint8Array): Promise<PeerSigner> {
  const key = await peerPrivateKey(seed)
  return { sign: async digest => key.sign(digest) }
}

/** @throws Error if `peerId` is malformed or carries no Ed25519 public key */
export function peerVerifier(peerId: string): PeerVerifier {
  const { publicKey } = peerIdFromString(peerId)
  if (publicKey?.type !== 'Ed25519') throw new Error(`peer id ${peerId} carries no Ed25519 key`)
  return async (digest, signature) => {
    try {
      return await publicKey.verify(digest, signature)
    } catch {
      return false // the signature has a wrong length, which is no worse than a wrong signature
    }
  }
}
