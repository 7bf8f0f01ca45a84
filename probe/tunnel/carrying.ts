/** Takes packets out of QUIC as fast as the legs may carry them, and carries again what died with a leg. */
import type { MonotonicClock } from '../ports.js'
import type { Mode } from './bodies.js'
import { PACKET_BYTES } from './constants.js'
import type { LegEnd } from './leg.js'
import { chooseLegs } from './leg-choice.js'
import type { QuicEnd } from './quic-end.js'
import type { Timers } from './timers.js'

/** After so many packets other callbacks have their turn: what has come must be read. */
const PACKETS_AT_ONCE = 128

export interface CarryingOptions {
  readonly clock: MonotonicClock
  readonly timers: Timers
  readonly mode: () => Mode
  /** the legs in use, in the order of preference */
  readonly legs: () => readonly LegEnd[]
}

export class Carrying {
  readonly #options: CarryingOptions
  readonly #packet = Buffer.allocUnsafe(PACKET_BYTES)
  #stopWaiting: (() => void) | undefined
  /** packets of dead legs, the oldest first */
  #again: Buffer[] = []
  #againAt = 0

  constructor(options: CarryingOptions) {
    this.#options = options
  }

  /** Carries the packets of a dead leg on those that live, before anything new. */
  repeat(packets: readonly Buffer[]): void {
    this.#again = [...this.#again.slice(this.#againAt), ...packets]
    this.#againAt = 0
  }

  flush(quic: QuicEnd): void {
    const { clock, mode, legs } = this.#options
    const active = legs()
    for (let i = 0; i < PACKETS_AT_ONCE; i++) {
      const nowMs = clock.now()
      const choice = chooseLegs(mode(), active, nowMs)
      if (choice.legs.length === 0) {
        this.#later(quic, choice.waitMs)
        return
      }
      const packet = this.#next(quic)
      if (!packet) return
      for (const leg of choice.legs) leg.carry(packet, nowMs, choice.legs.length === 1)
    }
    this.#later(quic, 0)
  }

  /** Sends one packet at once on all legs: the last of a connection. */
  flushLast(quic: QuicEnd): void {
    const length = quic.pull(this.#packet)
    if (length === 0) return
    const nowMs = this.#options.clock.now()
    for (const leg of this.#options.legs()) leg.carry(this.#packet.subarray(0, length), nowMs, false)
  }

  stop(): void {
    this.#stopWaiting?.()
    this.#stopWaiting = undefined
  }

  #next(quic: QuicEnd): Buffer | undefined {
    const again = this.#again[this.#againAt]
    if (again) {
      this.#againAt++
      return again
    }
    const length = quic.pull(this.#packet)
    return length === 0 ? undefined : this.#packet.subarray(0, length)
  }

  #later(quic: QuicEnd, ms: number): void {
    this.stop()
    if (ms === Number.POSITIVE_INFINITY) return
    this.#stopWaiting = this.#options.timers.after(ms, () => {
      this.#stopWaiting = undefined
      quic.resume()
    })
  }
}
