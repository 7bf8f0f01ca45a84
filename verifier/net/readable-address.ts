/** The part of an announced address that a node can use. Its author may have written anything. */
import { multiaddr } from '@multiformats/multiaddr'
import { peerVerifier } from './peer-keys.js'
import type { PeerAddress } from './streams.js'

/**
 * Leaves out every multiaddr that cannot be parsed.
 * @returns undefined if the peer id cannot be parsed, or carries no Ed25519 key
 */
export function readableAddress({ peerId, multiaddrs }: PeerAddress): PeerAddress | undefined {
  if (!isRead(() => peerVerifier(peerId))) return undefined
  return { peerId, multiaddrs: multiaddrs.filter(isMultiaddr) }
}

export const isMultiaddr = (text: string): boolean => text !== '' && isRead(() => multiaddr(text))

function isRead(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch {
    return false
  }
}
