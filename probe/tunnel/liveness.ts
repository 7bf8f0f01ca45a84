/** Whether a leg still hears the other end. Pure, apart from what it remembers. */
import {
  ALL_SILENT_MS,
  FALSE_ALARM,
  FLOWING_DATAGRAMS,
  MOST_SILENT_PINGS,
  PING_MS,
  SILENT_JITTERS,
  SILENT_PINGS,
  TICK_SLACK_MS,
} from './constants.js'

/** Gains of RFC 6298, section 2. */
const SMOOTH_GAIN = 1 / 8
const JITTER_GAIN = 1 / 4

/** A smoothed value and its mean deviation, as RFC 6298 keeps the round trip. */
export class Smoothed {
  #value: number | undefined
  #jitter = 0

  /** undefined before the first sample */
  get value(): number | undefined {
    return this.#value
  }

  get jitter(): number {
    return this.#jitter
  }

  add(sample: number): void {
    if (this.#value === undefined) {
      this.#value = sample
      this.#jitter = 0
      return
    }
    this.#jitter += JITTER_GAIN * (Math.abs(this.#value - sample) - this.#jitter)
    this.#value += SMOOTH_GAIN * (sample - this.#value)
  }
}

/** Gain of the share of pings that are not answered: it looks back over the last 64 or so. */
const UNANSWERED_GAIN = 1 / 64

/** Which pings were answered. An answer that is overtaken counts as none. */
export class Answers {
  #asked: number[] = []
  #unanswered = 0

  get unansweredShare(): number {
    return this.#unanswered
  }

  asked(nowMs: number): void {
    this.#asked.push(nowMs)
  }

  /** @param clockMs of the ping */
  answered(clockMs: number): void {
    const at = this.#asked.indexOf(clockMs)
    if (at < 0) return
    for (let i = 0; i < at; i++) this.#count(1)
    this.#count(0)
    this.#asked = this.#asked.slice(at + 1)
  }

  #count(one: 0 | 1): void {
    this.#unanswered += UNANSWERED_GAIN * (one - this.#unanswered)
  }
}

/**
 * After so long without a datagram a leg is silent, ms.
 * @param unansweredShare of pings, by chance
 */
export function silenceMs(jitterMs: number, unansweredShare = 0): number {
  const pings = Math.ceil(Math.log(FALSE_ALARM) / Math.log(Math.min(unansweredShare, 0.9)))
  return Math.max(SILENT_PINGS, Math.min(pings, MOST_SILENT_PINGS)) * PING_MS + SILENT_JITTERS * jitterMs
}

/** As `silenceMs`. Losses of single datagrams do not make a leg silent on which many come. */
export const patienceMs = ({ jitterMs, unansweredShare, flow }: Hearing): number =>
  silenceMs(jitterMs, flow >= FLOWING_DATAGRAMS ? 0 : unansweredShare)

/** What is known of when one leg last heard anything. */
export interface Hearing {
  /** in the future if nothing can come earlier: the first ping of a leg is answered a round trip later */
  heardMs: number
  readonly jitterMs: number
  /** of pings, lately */
  readonly unansweredShare: number
  /** datagrams that came in as long as SILENT_PINGS take, before the last one */
  flow: number
  /** undefined before the first pong */
  readonly rttMs: number | undefined
  /** longest time by which pings were late whose answers have not come yet; see `Silence` */
  excuse: Excuse
}

export interface Excuse {
  readonly ms: number
  readonly untilMs: number
}

export const NO_EXCUSE: Excuse = { ms: 0, untilMs: Number.NEGATIVE_INFINITY }

/**
 * Tells which legs are dead by silence. If all are silent at once, then no provider is to blame: this end or the other
 * one had a pause, or the network between. They are then dead only after ALL_SILENT_MS, and whichever is heard first
 * gives all of them a new start.
 *
 * A process that pauses sends no pings and reads no answers. So a round trip later, its legs have been silent for as
 * long as the pause was. That much is excused, until then.
 */
export class Silence {
  #newestMs = Number.NEGATIVE_INFINITY
  #lookedMs: number | undefined

  /** A leg has heard something. @param legs all legs, this one among them */
  heard(leg: Hearing, legs: Iterable<Hearing>, nowMs: number): void {
    if (nowMs - this.#newestMs > patienceMs(leg)) for (const each of legs) hear(each, nowMs)
    leg.flow = leg.flow * Math.exp((leg.heardMs - nowMs) / (SILENT_PINGS * PING_MS)) + 1
    hear(leg, nowMs)
    this.#newestMs = nowMs
  }

  /** Call this every PING_MS. @returns the dead legs */
  silent<L extends Hearing>(legs: readonly L[], nowMs: number): L[] {
    const lateMs = nowMs - (this.#lookedMs ?? nowMs) - PING_MS
    this.#lookedMs = nowMs
    if (lateMs > TICK_SLACK_MS) for (const leg of legs) excuse(leg, lateMs, nowMs)
    const quiet = legs.filter(leg => silentMs(leg, nowMs) > patienceMs(leg))
    if (quiet.length < legs.length) return quiet
    return quiet.filter(leg => silentMs(leg, nowMs) > Math.max(ALL_SILENT_MS, patienceMs(leg)))
  }
}

function hear(leg: Hearing, nowMs: number): void {
  leg.heardMs = Math.max(leg.heardMs, nowMs)
}

function excuse(leg: Hearing, lateMs: number, nowMs: number): void {
  const ms = nowMs <= leg.excuse.untilMs ? Math.max(leg.excuse.ms, lateMs) : lateMs
  leg.excuse = { ms, untilMs: nowMs + (leg.rttMs ?? 0) + patienceMs(leg) }
}

/** How long nothing has come that should have come. */
const silentMs = ({ heardMs, excuse: { ms, untilMs } }: Hearing, nowMs: number): number =>
  nowMs - heardMs - (nowMs <= untilMs ? ms : 0)
