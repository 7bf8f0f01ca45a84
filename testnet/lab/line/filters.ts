/** Stages without a queue: delay, loss, policing, reordering, copies. */
import { exponential, type Random } from './random.js'
import { type Packet, passing, type Stage } from './stage.js'

const LOST: readonly number[] = []
const AT_ONCE: readonly number[] = [0]

/** A path that is this much longer, as over a satellite or behind a queue that is always full. */
export const delay = (ms: number): Stage => passing(() => [ms])

/** Each packet is lost with the same probability. */
export const loss = (share: number, random: Random): Stage => passing(() => (random() < share ? LOST : AT_ONCE))

export interface BurstyLossOptions {
  /** mean lengths of the two states */
  readonly goodMs: number
  readonly badMs: number
  /** share of packets that the bad state loses; the good state loses none */
  readonly lossShare: number
}

/** Loss in bursts: the two-state chain of Gilbert (1960) and Elliott (1963), in continuous time. */
export function burstyLoss({ goodMs, badMs, lossShare }: BurstyLossOptions, random: Random): Stage {
  let isBad = random() < badMs / (goodMs + badMs)
  let untilMs: number | undefined
  return passing((_packet, nowMs) => {
    untilMs ??= nowMs + exponential(random, isBad ? badMs : goodMs)
    while (untilMs < nowMs) {
      isBad = !isBad
      untilMs += exponential(random, isBad ? badMs : goodMs)
    }
    return isBad && random() < lossShare ? LOST : AT_ONCE
  })
}

export const burstyLossShare = ({ goodMs, badMs, lossShare }: BurstyLossOptions): number =>
  (lossShare * badMs) / (goodMs + badMs)

/** A token bucket without a queue. It starts full, and drops each packet for which it holds too few tokens. */
export function policer(kbps: number, burstBytes: number): Stage {
  let tokens = burstBytes
  let filledMs: number | undefined
  return passing(({ bytes }, nowMs) => {
    filledMs ??= nowMs
    tokens = Math.min(burstBytes, tokens + ((nowMs - filledMs) * kbps) / 8)
    filledMs = nowMs
    if (tokens < bytes) return LOST
    tokens -= bytes
    return AT_ONCE
  })
}

/** Some packets take a longer way, and later ones overtake them. */
export const reordering = (share: number, mostMs: number, random: Random): Stage =>
  passing(() => (random() < share ? [random() * mostMs] : AT_ONCE))

const COPY_MS = 1

/** Some packets arrive twice. */
export const duplicating = (share: number, random: Random): Stage =>
  passing(() => (random() < share ? [0, COPY_MS] : AT_ONCE))

/** Only packets up to this length pass, as on a path whose MTU nobody discovers. */
export const upTo = (mostBytes: number): Stage => passing(({ bytes }: Packet) => (bytes > mostBytes ? LOST : AT_ONCE))
