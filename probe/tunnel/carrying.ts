/** Takes packets out of QUIC as fast as the legs may carry them. */
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

  constructor(options: CarryingOptions) {
    this.#options = options
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
      const length = quic.pull(this.#packet)
      if (length === 0) return
      for (const leg of choice.legs) leg.carry(this.#packet.subarray(0, length), nowMs)
    }
    this.#later(quic, 0)
  }

  /** Sends one packet at once on all legs: the last of a connection. */
  flushLast(quic: QuicEnd): void {
    const length = quic.pull(this.#packet)
    if (length === 0) return
    const nowMs = this.#options.clock.now()
    for (const leg of this.#options.legs()) leg.carry(this.#packet.subarray(0, length), nowMs)
  }

  stop(): void {
    this.#stopWaiting?.()
    this.#stopWaiting = undefined
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
