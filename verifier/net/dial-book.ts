/**
 * Keeps a connection to every peer that has announced itself, because gossip reaches only connected peers. Anybody may
 * announce the peer id of another node. Then attempts take turns among all addresses that were announced for the id, so
 * that an address where nobody answers cannot keep the true node away.
 */
import type { PeerId } from '@libp2p/interface'
import pRetry from 'p-retry'
import type { Logger } from 'pino'
import { withAnySignal } from './any-signal.js'
import type { Peer } from './libp2p.js'
import { connect, type PeerAddress } from './streams.js'

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 10_000
/** Longest attempt. */
const ATTEMPT_MS = 10_000

interface Entry {
  readonly peerId: string
  /** one of each node that has announced the peer id */
  readonly announced: readonly PeerAddress[]
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
    const wanted = new Map<string, PeerAddress[]>()
    for (const address of addresses) {
      const others = wanted.get(address.peerId)
      if (others === undefined) wanted.set(address.peerId, [address])
      else others.push(address)
    }
    wanted.delete(this.#peer.peerId.toString())
    for (const [peerId, entry] of this.#entries) {
      if (isSame(entry.announced, wanted.get(peerId))) wanted.delete(peerId)
      else {
        entry.stop.abort()
        this.#entries.delete(peerId)
      }
    }
    for (const [peerId, announced] of wanted) {
      this.#entries.set(peerId, { peerId, announced, stop: new AbortController(), dialling: undefined })
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

  async #dialUntilConnected({ peerId, announced, stop: { signal } }: Entry): Promise<void> {
    const attempt = (number: number) => {
      const address = announced[(number - 1) % announced.length]!
      return withAnySignal([signal, AbortSignal.timeout(ATTEMPT_MS)], ending => connect(this.#peer, address, ending))
    }
    try {
      await pRetry(attempt, {
        retries: Number.POSITIVE_INFINITY,
        minTimeout: FIRST_RETRY_MS,
        maxTimeout: LAST_RETRY_MS,
        randomize: true, // else a whole network would dial a returning node at the same moments
        signal,
        onFailedAttempt: ({ error, attemptNumber }) =>
          this.#log.debug({ peer: peerId, attemptNumber, error: error.message }, 'cannot reach a peer, will retry'),
      })
    } catch (error) {
      if (!signal.aborted)
        this.#log.warn({ error, announced }, 'a peer has announced an address that cannot be dialled')
    }
  }
}

const isSame = (a: readonly PeerAddress[], b: readonly PeerAddress[] | undefined): boolean =>
  b !== undefined && textOf(a) === textOf(b)

const textOf = (announced: readonly PeerAddress[]): string =>
  announced.map(({ multiaddrs }) => multiaddrs.join()).join(' ')
