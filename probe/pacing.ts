/**
 * Sends at a rate: what is due by the monotonic clock, however late the timers fire. A sender that was held up catches
 * up at twice its rate; what is beyond that it writes down as blocked, so that nobody blames the provider.
 */
import { IP_DATAGRAM_BYTES } from '../proto/datagram.js'
import { BURST_MS, CATCH_UP_MS, CATCH_UP_SPEED } from './constants.js'
import type { MonotonicClock } from './ports.js'
import { SendLogWriter } from './send-log.js'
import { bytesIn } from './share.js'
import { TokenBucket } from './token-bucket.js'

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
  readonly #burst: TokenBucket
  #sent = 0
  #forgone = 0
  #errors = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: PacerOptions) {
    this.#options = options
    this.#startMs = options.clock.now()
    this.#datagramsPerMs = bytesIn(options.rateKbps, 1) / IP_DATAGRAM_BYTES
    const burstBytes = Math.max(bytesIn(options.rateKbps, BURST_MS), IP_DATAGRAM_BYTES)
    this.#burst = new TokenBucket(CATCH_UP_SPEED * options.rateKbps, burstBytes, this.#startMs)
    this.#run()
  }

  /** Ends it. The log of all that was sent. */
  stop(): SendLogWriter['log'] {
    clearTimeout(this.#timer)
    return this.#log.log
  }

  #run(): void {
    const { clock, durationMs, maxDatagrams, send, errors } = this.#options
    const nowMs = clock.now()
    const elapsedMs = nowMs - this.#startMs
    if (elapsedMs >= durationMs || this.#sent >= maxDatagrams) return
    let due = Math.floor(elapsedMs * this.#datagramsPerMs) + 1 - this.#sent - this.#forgone
    const excess = due - Math.ceil(CATCH_UP_MS * this.#datagramsPerMs)
    if (excess > 0) {
      this.#forgone += excess
      due -= excess
      this.#log.add('blocked', elapsedMs, excess)
    }
    const most = Math.min(due, maxDatagrams - this.#sent)
    let taken = 0
    while (taken < most && this.#burst.take(IP_DATAGRAM_BYTES, nowMs) && send(elapsedMs)) taken++
    this.#sent += taken
    this.#log.add('sent', elapsedMs, taken)
    const failed = errors() - this.#errors
    this.#errors += failed
    if (failed > 0) this.#log.add('errors', elapsedMs, failed)
    this.#timer = setTimeout(() => this.#run(), 1)
  }
}
