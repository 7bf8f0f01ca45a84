/**
 * The incoming connections of a node. Whoever holds a reserved session keeps its connection. All other connections
 * are few for each host and few in all, and end when they are idle. A host that opens too many loses its own oldest one;
 * if there are too many in all, the host with most of them loses one. So no number of strangers keeps a verifier out.
 *
 * A connection counts from the first byte, so that handshakes that never end take no room either.
 */
import { hostKey } from '../../probe/wire/host-key.js'
import { HostLimit } from '../../probe/wire/host-limit.js'

/** New connections a second: a handshake costs a provider some milliseconds. */
const HANDSHAKES = { host: 4, all: 32, known: 64 }
const MAX_UNRESERVED = 256
const MAX_PER_HOST = 8
/** Several verifiers may have one address. */
const MAX_PER_KNOWN_HOST = 64
/** A connection that serves nothing ends after this time. */
const IDLE_MS = 10_000

/** Ends a connection: because it made room for another, or has served nothing for a while. */
type Close = (why: 'crowded' | 'idle') => void

interface Entry {
  readonly host: string
  readonly close: Close
  /** streams that the provider serves on it */
  serving: number
  reserved: number
  /** since when it has served nothing */
  idleMs: number
}

export class ConnectionPool {
  readonly #now: () => number
  readonly #limit = new HostLimit(HANDSHAKES)
  /** by remote address and port, the oldest first */
  readonly #entries = new Map<string, Entry>()
  /** connections that had to make room for others, or opened too many sessions */
  evicted = 0
  denied = 0

  /** @param now monotonic, ms */
  constructor(now: () => number) {
    this.#now = now
  }

  get size(): number {
    return this.#entries.size
  }

  /** A verifier's host: see HostLimit. */
  know(host: string): void {
    this.#limit.know(host)
  }

  /**
   * A new connection, before its handshake.
   * @param remote address and port
   * @param close ends the connection; the pool has forgotten it by then
   * @returns whether it may go on
   */
  admit(remote: string, host: string, close: Close): boolean {
    if (!this.#limit.take(host, this.#now())) {
      this.denied++
      return false
    }
    const key = hostKey(host)
    const most = this.#limit.knows(host) ? MAX_PER_KNOWN_HOST : MAX_PER_HOST
    const ofHost = this.#unreserved().filter(([, entry]) => entry.host === key)
    if (ofHost.length >= most) this.#evict(ofHost[0]![0])
    else if (this.#unreserved().length >= MAX_UNRESERVED) this.#evict(this.#mostCrowded())
    this.#entries.set(remote, { host: key, close, serving: 0, reserved: 0, idleMs: this.#now() })
    return true
  }

  gone(remote: string): void {
    this.#entries.delete(remote)
  }

  /** The provider serves a stream of this connection. @returns how to tell that it has ended */
  serve(remote: string): () => void {
    return this.#count(remote, 'serving')
  }

  /** The stream's session is reserved, so nothing ends the connection. @returns how to tell that it has ended */
  reserve(remote: string): () => void {
    const host = this.#entries.get(remote)?.host
    if (host !== undefined) this.#limit.refund(host)
    return this.#count(remote, 'reserved')
  }

  /** Ends a connection that is not worth keeping, unless it carries a reserved session. */
  drop(remote: string): void {
    if (this.#entries.get(remote)?.reserved === 0) this.#evict(remote)
  }

  /** Ends the connections that have served nothing for IDLE_MS. */
  sweep(): void {
    const sinceMs = this.#now() - IDLE_MS
    for (const [remote, { serving, reserved, idleMs }] of this.#entries) {
      if (serving === 0 && reserved === 0 && idleMs <= sinceMs) this.#close(remote, 'idle')
    }
  }

  #count(remote: string, what: 'serving' | 'reserved'): () => void {
    const entry = this.#entries.get(remote)
    if (entry === undefined) return () => {}
    entry[what]++
    return () => {
      entry[what]--
      entry.idleMs = this.#now()
    }
  }

  #unreserved(): [string, Entry][] {
    return [...this.#entries].filter(([, { reserved }]) => reserved === 0)
  }

  /** The oldest connection of the host that has most. Hosts of verifiers come last. */
  #mostCrowded(): string {
    const all = this.#unreserved()
    const strangers = all.filter(([, { host }]) => !this.#limit.knows(host))
    const counts = new Map<string, number>()
    for (const [, { host }] of all) counts.set(host, (counts.get(host) ?? 0) + 1)
    const candidates = strangers.length > 0 ? strangers : all
    return candidates.reduce((one, other) => (counts.get(other[1].host)! > counts.get(one[1].host)! ? other : one))[0]
  }

  #evict(remote: string): void {
    this.evicted++
    this.#close(remote, 'crowded')
  }

  #close(remote: string, why: Parameters<Close>[0]): void {
    const entry = this.#entries.get(remote)
    this.#entries.delete(remote)
    entry?.close(why)
  }
}
