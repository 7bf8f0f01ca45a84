/** Takes packets out of QUIC as fast as the legs may carry them, and carries again what died with a leg. */
import type { MonotonicClock } from '../ports.js'
import type { Mode } from './bodies.js'
import { NUMBER_BYTES, PACKET_BYTES } from './constants.js'
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
  /** a body's content: number and packet */
  readonly #content = Buffer.allocUnsafe(NUMBER_BYTES + PACKET_BYTES)
  #nextNumber = 0
  #stopWaiting: (() => void) | undefined
  /** contents of dead legs' packets, the oldest first */
  #again: Buffer[] = []
  #againAt = 0

  constructor(options: CarryingOptions) {
    this.#options = options
  }

  /** The number of the next new packet. */
  get nextNumber(): number {
    return this.#nextNumber
  }

  /** Carries the packets of a dead leg on those that live, before anything new. @param contents number and packet each */
  repeat(contents: readonly Buffer[]): void {
    this.#again = [...this.#again.slice(this.#againAt), ...contents]
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
      const content = this.#nextAgain() ?? this.#pull(quic)
      if (!content) return
      for (const leg of choice.legs) leg.carry(content, nowMs, choice.legs.length === 1)
    }
    this.#later(quic, 0)
  }

  /** Sends one packet at once on all legs: the last of a connection. */
  flushLast(quic: QuicEnd): void {
    const content = this.#pull(quic)
    if (!content) return
    const nowMs = this.#options.clock.now()
    for (const leg of this.#options.legs()) leg.carry(content, nowMs, false)
  }

  stop(): void {
    this.#stopWaiting?.()
    this.#stopWaiting = undefined
  }

  #nextAgain(): Buffer | undefined {
    return this.#againAt < this.#again.length ? this.#again[this.#againAt++] : undefined
  }

  #pull(quic: QuicEnd): Buffer | undefined {
    const length = quic.pull(this.#content.subarray(NUMBER_BYTES))
    if (length === 0) return undefined
    this.#content.writeUIntBE(this.#nextNumber++, 0, NUMBER_BYTES)
    return this.#content.subarray(0, NUMBER_BYTES + length)
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
