/**
 * What a client knows over all of its tunnels: whether any provider reaches its UDP port, and how often it has paid in since
 * a tunnel last opened.
 */
import type { MonotonicClock } from '../../probe/ports.js'
import type { NextHop } from '../../probe/verdict/session-shape.js'
import type { Hex } from '../../proto/hex.js'
import type { UserError } from '../../verifier/config/errors.js'
import { nobodySuits } from './nobody-suits.js'

/** If so many providers could not reach the port, and none could, then the port is to blame. */
const ENOUGH_PROVIDERS = 3
/** At providers, while no tunnel opens: exits that lead nowhere would have a client pay in at one after the other. */
const MOST_DEPOSITS = 2
/** And then again: whoever failed may have been to blame, and not the exit. */
const AGAIN_MS = 3_600_000

export class Reach {
  readonly #own: NextHop
  readonly #clock: MonotonicClock
  readonly #unreachedBy = new Set<Hex>()
  #isReached = false
  /** when each was made, since a tunnel last opened */
  #depositsMs: number[] = []

  /** @param own where providers are to reach the client */
  constructor(own: NextHop, clock: MonotonicClock) {
    this.#own = own
    this.#clock = clock
  }

  /** A provider has tried. */
  tried(provider: Hex, isReached: boolean): void {
    if (isReached) this.#isReached = true
    else this.#unreachedBy.add(provider)
  }

  /** Whether no provider has ever reached the port, although one tried. */
  get isUnreached(): boolean {
    return !this.#isReached && this.#unreachedBy.size > 0
  }

  /** Whether it is of no use to try on. */
  get isHopeless(): boolean {
    return !this.#isReached && this.#unreachedBy.size >= ENOUGH_PROVIDERS
  }

  /** Until a tunnel is open: whether one more provider may get a deposit for its legs. */
  get mayDeposit(): boolean {
    return this.#late.length < MOST_DEPOSITS
  }

  /** Whether even a provider may that has no room for strangers, and so could not be tried. */
  get mayTrust(): boolean {
    return this.#isReached || this.#late.length === 0
  }

  deposited(): void {
    this.#depositsMs = [...this.#late, this.#clock.now()]
  }

  /** A tunnel can make connections: what was paid in was of use. */
  served(): void {
    this.#depositsMs = []
  }

  get #late(): number[] {
    const nowMs = this.#clock.now()
    return this.#depositsMs.filter(atMs => nowMs - atMs < AGAIN_MS)
  }

  get unreached(): UserError {
    const { host, port } = this.#own
    return nobodySuits(
      `no provider could reach ${host}:${port}`,
      'Forward this UDP port to this machine, or correct --udp-announce.',
    )
  }
}
