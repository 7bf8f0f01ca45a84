/**
 * Forgets peers that have gone. Libp2p keeps what it knows of every peer that ever connected, for as long as the process
 * runs. Each session comes from a peer id of its own, and strangers make as many as they like.
 */
import type { Libp2p, PeerId } from '@libp2p/interface'

/** Services look up what a peer spoke when it disconnects. */
const GONE_MS = 10_000

/**
 * For as long as the node runs.
 * @param isKept peers whose last address is worth keeping (default: none is)
 */
export function forgetGone(
  peer: Pick<Libp2p, 'addEventListener' | 'getConnections' | 'peerStore'>,
  isKept: (peerId: string) => boolean = () => false,
): void {
  peer.addEventListener('peer:disconnect', ({ detail: id }: CustomEvent<PeerId>) => {
    const forget = () => {
      if (isKept(id.toString()) || peer.getConnections(id).length > 0) return
      peer.peerStore.delete(id).catch(() => undefined) // it may be gone already
    }
    setTimeout(forget, GONE_MS).unref()
  })
}
