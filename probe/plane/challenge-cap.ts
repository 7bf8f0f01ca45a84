/**
 * How many challenges a relay sends to one host, over all its sessions. Many openers together cannot aim more at a host
 * that has never echoed than CHALLENGES_PER_HOST in a second of the clock.
 *
 * A host that has echoed once is not capped: it runs a port for the protocol. A cap would let strangers use up the
 * challenges that its honest sessions need. There the bytes of the openings still bound each session.
 */
import { CHALLENGES_PER_HOST, ECHOED_HOSTS_KEPT } from '../constants.js'
import { hostKey } from '../wire/host-key.js'
import { RecentHosts } from '../wire/recent-hosts.js'

const SECOND_MS = 1000

export class ChallengeCap {
  #second = Number.NaN
  /** challenges in this second, by host; bounded by the relay's open sessions */
  readonly #sent = new Map<string, number>()
  readonly #echoed = new RecentHosts(ECHOED_HOSTS_KEPT)

  /** Counts one more challenge. @returns whether it may go out now */
  take(host: string, nowMs: number): boolean {
    if (this.#echoed.has(host)) return true
    const name = hostKey(host)
    const second = Math.floor(nowMs / SECOND_MS)
    if (second !== this.#second) this.#sent.clear()
    this.#second = second
    const sent = this.#sent.get(name) ?? 0
    if (sent >= CHALLENGES_PER_HOST) return false
    this.#sent.set(name, sent + 1)
    return true
  }

  echoed(host: string): void {
    this.#echoed.add(host)
  }
}
