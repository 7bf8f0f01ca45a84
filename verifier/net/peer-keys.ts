/** The Ed25519 keys that identify peers, and sign in a probe: grants, refusals, roots, reveals, openings. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import type { PeerSigner, PeerVerifier } from '../../probe/ports.js'

/** @param seed 32 bytes */
export const peerPrivateKey = (seed: Uint8Array): Promise<Ed25519PrivateKey> => generateKeyPairFromSeed('Ed25519', seed)

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
