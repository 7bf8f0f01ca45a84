/** Keeps a connection to every peer that has announced itself, because gossip reaches only connected peers. */
import type { PeerId } from '@libp2p/interface'
import pRetry from 'p-retry'
import type { Logger } from 'pino'
import type { Peer } from './libp2p.js'
import { connect, type PeerAddress } from './streams.js'

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 10_000

interface Entry {
  readonly address: PeerAddress
  readonly stop: AbortController
  dialling: Promise<void> | undefined
}

export class DialBook {
  readonly #entries = new Map<string, Entry>()
  readonly #peer: Peer
  readonly #log: Logger
  readonly #onDisconnect = ({ detail }: CustomEvent<PeerId>) => this.#dial(detail.toString())

  constructor(peer: Peer, log: Logger) {
    this.#peer = peer
    this.#log = log
    peer.addEventListener('peer:disconnect', this.#onDisconnect)
  }

  /** Replaces the whole book. Dials peers that are new or have moved, forgets peers that are gone. Open connections stay. */
  update(addresses: readonly PeerAddress[]): void {
    const wanted = new Map(addresses.map(address => [address.peerId, address]))
    wanted.delete(this.#peer.peerId.toString())
    for (const [peerId, entry] of this.#entries) {
      if (sameAddress(entry.address, wanted.get(peerId))) wanted.delete(peerId)
      else {
        entry.stop.abort()
        this.#entries.delete(peerId)
      }
    }
    for (const [peerId, address] of wanted) {
      this.#entries.set(peerId, { address, stop: new AbortController(), dialling: undefined })
      this.#dial(peerId)
    }
  }

  /** Resolves once all dialling has ended. */
  async stop(): Promise<void> {
    this.#peer.removeEventListener('peer:disconnect', this.#onDisconnect)
    const entries = [...this.#entries.values()]
    this.#entries.clear()
    for (const { stop } of entries) stop.abort()
    await Promise.all(entries.map(({ dialling }) => dialling))
  }

  #dial(peerId: string): void {
    const entry = this.#entries.get(peerId)
    if (entry === undefined || entry.dialling !== undefined) return
    entry.dialling = this.#dialUntilConnected(entry).finally(() => {
      entry.dialling = undefined
    })
  }

  async #dialUntilConnected({ address, stop: { signal } }: Entry): Promise<void> {
    try {
      await pRetry(() => connect(this.#peer, address, signal), {
        retries: Number.POSITIVE_INFINITY,
        minTimeout: FIRST_RETRY_MS,
        maxTimeout: LAST_RETRY_MS,
        randomize: true, // else a whole network would dial a returning node at the same moments
        signal,
        onFailedAttempt: ({ error, attemptNumber }) =>
          this.#log.debug(
            { peer: address.peerId, attemptNumber, error: error.message },
            'cannot reach a peer, will retry',
          ),
      })
    } catch (error) {
      if (!signal.aborted)
        this.#log.warn({ error, ...address }, 'a peer has announced an address that cannot be dialled')
    }
  }
}

const sameAddress = (a: PeerAddress, b: PeerAddress | undefined): boolean =>
  b !== undefined && a.multiaddrs.join() === b.multiaddrs.join()
