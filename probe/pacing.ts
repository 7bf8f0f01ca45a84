/**
 * Sends at a rate: what is due by the monotonic clock, in bursts of about 2 ms, however late the timers fire. A sender
 * that was held up makes good for a little; the rest it writes down as blocked, so that nobody blames the provider.
 */
import { IP_DATAGRAM_BYTES } from '../proto/datagram.js'
import { BURST_MS, CATCH_UP_MS } from './constants.js'
import type { MonotonicClock } from './ports.js'
import { SendLogWriter } from './send-log.js'
import { bytesIn } from './share.js'

export interface PacerOptions {
  readonly rateKbps: number
  /** ends by itself after this */
  readonly durationMs: number
  readonly maxDatagrams: number
  readonly clock: MonotonicClock
  /** Sends the next datagram; false if the socket does not take it now. */
  send(elapsedMs: number): boolean
  /** Errors of the socket so far. */
  errors(): number
}

export class Pacer {
  readonly #options: PacerOptions
  readonly #log = new SendLogWriter()
  readonly #startMs: number
  readonly #datagramsPerMs: number
  readonly #burst: number
  #sent = 0
  #forgone = 0
  #errors = 0
  #cancel: () => void = () => {}

  constructor(options: PacerOptions) {
    this.#options = options
    this.#startMs = options.clock.now()
    this.#datagramsPerMs = bytesIn(options.rateKbps, 1) / IP_DATAGRAM_BYTES
    this.#burst = Math.max(1, Math.round(this.#datagramsPerMs * BURST_MS))
    this.#run()
  }

  /** Ends it. The log of all that was sent. */
  stop(): SendLogWriter['log'] {
    this.#cancel()
    return this.#log.log
  }

  #run(): void {
    const { clock, durationMs, maxDatagrams, send, errors } = this.#options
    const elapsedMs = clock.now() - this.#startMs
    if (elapsedMs >= durationMs || this.#sent >= maxDatagrams) return
    let due = Math.floor(elapsedMs * this.#datagramsPerMs) + 1 - this.#sent - this.#forgone
    const excess = due - Math.ceil(CATCH_UP_MS * this.#datagramsPerMs)
    if (excess > 0) {
      this.#forgone += excess
      due -= excess
      this.#log.add('blocked', elapsedMs, excess)
    }
    const burst = Math.min(due, this.#burst, maxDatagrams - this.#sent)
    let taken = 0
    while (taken < burst && send(elapsedMs)) taken++
    this.#sent += taken
    this.#log.add('sent', elapsedMs, taken)
    const failed = errors() - this.#errors
    this.#errors += failed
    if (failed > 0) this.#log.add('errors', elapsedMs, failed)
    if (taken === burst && due > burst) {
      const immediate = setImmediate(() => this.#run())
      this.#cancel = () => clearImmediate(immediate)
    } else {
      const timer = setTimeout(() => this.#run(), 1)
      this.#cancel = () => clearTimeout(timer)
    }
  }
}
