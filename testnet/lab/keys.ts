/** A party's libp2p key, made anew: what it signs with, and what others check that with. */
import { randomBytes } from 'node:crypto'
import type { PeerSigner, PeerVerifier } from '../../probe/index.js'
import { peerIdOf, peerSigner, peerVerifier } from '../../verifier/net/peer-keys.js'

export interface Keys {
  readonly peerId: string
  readonly signer: PeerSigner
  readonly verifier: PeerVerifier
}

export async function newKeys(): Promise<Keys> {
  const seed = new Uint8Array(randomBytes(32))
  const peerId = await peerIdOf(seed)
  return { peerId, signer: await peerSigner(seed), verifier: peerVerifier(peerId) }
}
