/**
 * A greedy TCP connection that shares a link: an upload of the provider's household. Packet by packet, with the windows of
 * Reno (RFC 5681) or CUBIC (RFC 9438) and loss found by a later acknowledgement, as RACK does (RFC 8985).
 *
 * What was lost is sent again, but the model does not tell it from new data: a greedy connection never ends. Slow start
 * ends with the first loss only.
 */
import type { Packet } from './stage.js'

export type Law = 'reno' | 'cubic'

export interface TcpOptions {
  readonly law: Law
  readonly flow: number
  /** round trip without the link's queue */
  readonly rttMs: number
}

export const SEGMENT_BYTES = 1500
const INITIAL_SEGMENTS = 10
/** What remains of the window after a loss. */
const BETA: Readonly<Record<Law, number>> = { reno: 0.5, cubic: 0.7 }
/** RFC 9438, section 4.1: growth of the cubic curve, in segments per cubed second. */
const CUBIC_C = 0.4
const LEAST_SEGMENTS = 2
/** RFC 6298 sets one second; Linux takes 200 ms. */
const LEAST_TIMEOUT_MS = 200
const MOST_BACKOFF = 64
const SRTT_SHARE = 1 / 8

interface Sent {
  readonly sequence: number
  readonly atMs: number
}

export class TcpFlow {
  readonly #options: TcpOptions
  /** ascending by sequence number */
  #outstanding: Sent[] = []
  /** acknowledgements on their way back, ascending */
  #acks: { readonly sequence: number; readonly atMs: number }[] = []
  #next = 0
  #window = INITIAL_SEGMENTS
  #threshold = Number.POSITIVE_INFINITY
  #windowAtLoss = 0
  #cutMs = 0
  /** losses of packets before this one belong to a cut that was made already */
  #recovered = 0
  #srttMs: number
  #backoff = 1
  #timeoutMs = Number.POSITIVE_INFINITY

  constructor(options: TcpOptions) {
    this.#options = options
    this.#srttMs = options.rttMs
  }

  /** Congestion window, in segments. */
  get window(): number {
    return this.#window
  }

  /** When the flow acts next by itself. */
  get nextMs(): number {
    return Math.min(this.#acks[0]?.atMs ?? Number.POSITIVE_INFINITY, this.#timeoutMs)
  }

  /** Acts on what is due. @param send puts a packet into the link's queue */
  run(nowMs: number, send: (packet: Packet & { readonly sequence: number }) => void): void {
    if (nowMs >= this.#timeoutMs) this.#timeOut(nowMs)
    while (this.#acks[0] && this.#acks[0].atMs <= nowMs) this.#acknowledge(this.#acks.shift()!.sequence, nowMs)
    while (this.#outstanding.length < Math.floor(this.#window)) {
      const sequence = this.#next++
      this.#outstanding.push({ sequence, atMs: nowMs })
      send({ bytes: SEGMENT_BYTES, flow: this.#options.flow, sequence })
    }
    if (this.#timeoutMs === Number.POSITIVE_INFINITY) this.#startTimer(nowMs)
  }

  /** The link has sent the packet. Its acknowledgement is back after the round trip. */
  passed(sequence: number, atMs: number): void {
    this.#acks.push({ sequence, atMs: atMs + this.#options.rttMs })
  }

  #acknowledge(sequence: number, nowMs: number): void {
    const at = this.#outstanding.findIndex(sent => sent.sequence === sequence)
    if (at < 0) return // its timer has run out in the meantime
    const sent = this.#outstanding[at]!
    const lost = this.#outstanding.splice(0, at + 1).slice(0, at)
    this.#srttMs += SRTT_SHARE * (nowMs - sent.atMs - this.#srttMs)
    this.#backoff = 1
    this.#startTimer(nowMs)
    if (lost.some(({ sequence: one }) => one >= this.#recovered)) this.#cut(nowMs)
    else if (lost.length === 0) this.#grow(nowMs)
  }

  #grow(nowMs: number): void {
    if (this.#window < this.#threshold) this.#window++
    else if (this.#options.law === 'reno') this.#window += 1 / this.#window
    else this.#growCubic(nowMs)
  }

  /** RFC 9438, sections 4.2 to 4.5: the cubic curve, or Reno's line where that is higher. */
  #growCubic(nowMs: number): void {
    const beta = BETA.cubic
    const inflectionS = Math.cbrt((this.#windowAtLoss * (1 - beta)) / CUBIC_C)
    const seconds = (nowMs - this.#cutMs + this.#srttMs) / 1000
    const curve = CUBIC_C * (seconds - inflectionS) ** 3 + this.#windowAtLoss
    const rounds = (nowMs - this.#cutMs) / this.#srttMs
    const line = beta * this.#windowAtLoss + ((3 * (1 - beta)) / (1 + beta)) * rounds
    const target = Math.min(Math.max(curve, line), 1.5 * this.#window)
    this.#window = Math.max(this.#window, this.#window + (target - this.#window) / this.#window)
  }

  #cut(nowMs: number): void {
    this.#windowAtLoss = this.#window
    this.#window = Math.max(LEAST_SEGMENTS, BETA[this.#options.law] * this.#window)
    this.#threshold = this.#window
    this.#cutMs = nowMs
    this.#recovered = this.#next
  }

  #timeOut(nowMs: number): void {
    this.#cut(nowMs)
    this.#outstanding = []
    this.#window = 1
    this.#backoff = Math.min(MOST_BACKOFF, 2 * this.#backoff)
    this.#startTimer(nowMs)
  }

  #startTimer(nowMs: number): void {
    this.#timeoutMs = nowMs + this.#backoff * Math.max(LEAST_TIMEOUT_MS, 2 * this.#srttMs)
  }
}
