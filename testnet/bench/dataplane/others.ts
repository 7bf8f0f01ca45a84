/** What the receiver and the process of all others agree on. */
import { randomBytes } from 'node:crypto'
import type { PeerSigner } from '../../../probe/ports.js'
import { peerIdOf, peerSigner } from '../../../verifier/net/peer-keys.js'

export interface OthersOptions {
  readonly receiverPeerId: string
  readonly providers: number
  readonly claimKbps: number
  /** what each provider truly forwards */
  readonly limitKbps: number
}

/** Peer ids. */
export interface Others {
  readonly senders: readonly string[]
  readonly providers: readonly string[]
}

export interface Keys {
  readonly signer: PeerSigner
  readonly peerId: string
}

export async function newKeys(): Promise<Keys> {
  const seed = new Uint8Array(randomBytes(32))
  return { signer: await peerSigner(seed), peerId: await peerIdOf(seed) }
}
