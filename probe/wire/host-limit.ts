/**
 * How often a second a provider does something for hosts that costs it much and them little: a handshake, a check of a
 * token, a signature.
 *
 * Each host has a bucket of its own, and all hosts that the provider does not know share one more: so 10,000 hosts cost
 * no more than a few dozen. A host is known if a verifier has announced it, was issued tokens from it, or showed a good
 * token from it. Known hosts are outside the shared bucket, so strangers cannot use up what verifiers need.
 */
import { KNOWN_HOSTS_KEPT } from '../constants.js'
import { hostKey } from './host-key.js'
import { RecentHosts } from './recent-hosts.js'

export interface HostRates {
  /** a second, for each host */
  readonly host: number
  /** a second, for all hosts together that are not known */
  readonly all: number
  /** a second, for each known host */
  readonly known: number
}

/** A bucket may hold what it gets in so many seconds. */
const BURST_SECONDS = 4
const SECOND_MS = 1000

export class HostLimit {
  readonly #rates: HostRates
  readonly #known = new RecentHosts(KNOWN_HOSTS_KEPT)
  /** when each bucket will be full again; a bucket that is full needs no entry */
  readonly #fullMs = new Map<string, number>()
  #allFullMs = Number.NEGATIVE_INFINITY

  constructor(rates: HostRates) {
    this.#rates = rates
  }

  /** Counts one more. @returns whether there is room for it */
  take(host: string, nowMs: number): boolean {
    const key = hostKey(host)
    const known = this.knows(host)
    const all = known ? this.#allFullMs : after(this.#allFullMs, this.#rates.all, nowMs)
    const own = after(this.#fullMs.get(key), known ? this.#rates.known : this.#rates.host, nowMs)
    if (all === undefined || own === undefined) return false
    this.#allFullMs = all
    this.#fullMs.delete(key)
    this.#fullMs.set(key, own)
    this.#forget(nowMs)
    return true
  }

  /** A verifier's host. */
  know(host: string): void {
    this.#known.add(host)
  }

  knows(host: string): boolean {
    return this.#known.has(host)
  }

  /** It was a verifier's after all: knows its host, and takes back what that was counted for. */
  refund(host: string): void {
    this.know(host)
    this.#fullMs.delete(hostKey(host))
  }

  /** The oldest entries go first. The shared bucket bounds how many there are. */
  #forget(nowMs: number): void {
    for (const [key, fullMs] of this.#fullMs) {
      if (fullMs > nowMs) return
      this.#fullMs.delete(key)
    }
  }
}

/** The bucket after one more; undefined if it has no room. */
function after(fullMs: number | undefined, perSecond: number, nowMs: number): number | undefined {
  const next = Math.max(fullMs ?? Number.NEGATIVE_INFINITY, nowMs) + SECOND_MS / perSecond
  return next - nowMs > BURST_SECONDS * SECOND_MS ? undefined : next
}
