/**
 * Holds back what comes for an exit's QUIC by a few milliseconds, and by less from step to step.
 *
 * BBR wants to know the way's round trip without the queue that it may have filled itself: if for ten seconds no packet
 * was acknowledged as fast as the fastest so far, it sends next to nothing for 200 ms (ProbeRTT:
 * draft-cardwell-iccrg-bbr-congestion-control-00, section 4.3.5). Legs are paced below their rates, so there is no queue,
 * and the fastest round trip is missed by microseconds. quiche has no setting for that. So with each step here every round
 * trip becomes shorter than all before. After the last step the delay is the first again; BBR looks once, and has
 * another cycle without a stop.
 *
 * The exit's delay is on the round trip of both ends, so that the client needs none.
 */
import type { MonotonicClock } from '../ports.js'
import { DELAY_STEP_EVERY_MS, DELAY_STEP_MS, DELAY_STEPS } from './constants.js'
import type { Timers } from './timers.js'

export interface SinkingDelayOptions {
  readonly clock: MonotonicClock
  readonly timers: Timers
  readonly deliver: (packet: Buffer) => void
}

interface Held {
  readonly packet: Buffer
  readonly dueMs: number
}

export class SinkingDelay {
  readonly #options: SinkingDelayOptions
  readonly #beganMs: number
  readonly #held: Held[] = []
  #stopWaiting: (() => void) | undefined

  constructor(options: SinkingDelayOptions) {
    this.#options = options
    this.#beganMs = options.clock.now()
  }

  /** Delivers the packet after all that came before it: at once, or within the time of all steps. */
  take(packet: Buffer): void {
    const nowMs = this.#options.clock.now()
    this.#held.push({ packet, dueMs: nowMs + delayMs(nowMs - this.#beganMs) })
    this.#release(nowMs)
  }

  /** Forgets what is held. */
  stop(): void {
    this.#held.length = 0
    this.#stopWaiting?.()
    this.#stopWaiting = undefined
  }

  #release(nowMs: number): void {
    while (this.#held.length > 0 && this.#held[0]!.dueMs <= nowMs) this.#options.deliver(this.#held.shift()!.packet)
    if (this.#held.length === 0 || this.#stopWaiting) return
    this.#stopWaiting = this.#options.timers.after(this.#held[0]!.dueMs - nowMs, () => {
      this.#stopWaiting = undefined
      this.#release(this.#options.clock.now())
    })
  }
}

/** @param passedMs since the tunnel began */
function delayMs(passedMs: number): number {
  const step = Math.floor(passedMs / DELAY_STEP_EVERY_MS) % (DELAY_STEPS + 1)
  return (DELAY_STEPS - step) * DELAY_STEP_MS
}
