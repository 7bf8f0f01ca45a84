/**
 * In a soak the senders take turns. For its first half all send at their share, which drains what was saved up. Then each
 * sends alone in its turn, faster than the claim, and is silent in the others'. So what one turn reads is one sender's
 * doing and the provider's: the reading of the session is the middle one of all turns, and a minority of senders, whatever
 * they send and say, does not move it (docs/research/cheats-derivations.md, section 5).
 *
 * All of it follows from the length of the soak, k and the slot, counted from each sender's own start. A turn's data has
 * sequence numbers and keystream of its own, so that none that was sent before it can pass for it. Pure.
 */
import type { FixedSpan } from './estimator.js'
import { bytesIn, shareKbps, toleratedSenders, turnKbps } from './share.js'

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** A stretch of a sender's data, at one rate. */
export interface Phase extends Span {
  /** `turn`: of its own sequence numbers and keystream */
  readonly run: 'main' | 'turn'
  readonly rateKbps: number
}

/** The first of a turn is discarded: the turn before it ends, on other clocks and by other ways, and its queue drains. */
const DISCARD_MS = 200
const DISCARD_RTTS = 2
/** At most this part of a turn; so one sender that feigns a long way costs little. */
const MOST_DISCARD = 0.25
/** And so much of that is left out at its end, where the next turn may have begun. */
const END_SHARE = 0.5
/** A turn's first datagram may come so late: as long as a provider's queue holds up what all have sent together. */
const TURN_WAIT_MS = 1000
/** However low the claim, a turn has so many windows. */
const LEAST_WINDOWS = 8

/** How long all send together. */
export const togetherMs = (soakMs: number): number => soakMs / 2

export function turnOf(soakMs: number, k: number, slot: number): Span {
  const turnMs = (soakMs - togetherMs(soakMs)) / k
  const fromMs = togetherMs(soakMs) + slot * turnMs
  return { fromMs, toMs: fromMs + turnMs }
}

/** What of a turn is sent in any case: once enough of the last one has come, the session ends. */
export function surelySent(turn: Span): Span {
  const turnMs = turn.toMs - turn.fromMs
  return { fromMs: turn.fromMs, toMs: turn.toMs - turnMs * MOST_DISCARD * END_SHARE }
}

/** What one sender sends, from its start. */
export const phasesOf = (soakMs: number, claimKbps: number, k: number, slot: number): Phase[] => [
  { run: 'main', fromMs: 0, toMs: togetherMs(soakMs), rateKbps: shareKbps(claimKbps, k) },
  { run: 'turn', ...turnOf(soakMs, k, slot), rateKbps: turnKbps(claimKbps, k) },
]

/** IP-layer bytes of all phases. */
export const bytesOf = (phases: readonly Phase[]): number =>
  phases.reduce((sum, { fromMs, toMs, rateKbps }) => sum + bytesIn(rateKbps, toMs - fromMs), 0)

/** Of each turn from when it is due and what of it is read, counted from its first datagram. @param rttMs the longest */
export function turnSpans(soakMs: number, k: number, rttMs: number): { fromMs: number; span: FixedSpan }[] {
  return Array.from({ length: k }, (_, slot) => {
    const { fromMs, toMs } = turnOf(soakMs, k, slot)
    const turnMs = toMs - fromMs
    const discardMs = Math.min(Math.max(DISCARD_MS, DISCARD_RTTS * rttMs), MOST_DISCARD * turnMs)
    const measureMs = turnMs - discardMs * (1 + END_SHARE)
    return { fromMs, span: { discardMs, measureMs, waitMs: TURN_WAIT_MS, windowMs: measureMs / LEAST_WINDOWS } }
  })
}

/** What all send together says nothing about the rate; it is shown while it goes on. */
export const togetherSpan = (soakMs: number): FixedSpan => ({
  discardMs: togetherMs(soakMs) / 2,
  measureMs: togetherMs(soakMs) / 2,
})

/**
 * The turn in the middle by some figure, the lower of two: f' of them are as low and f' and more as high, so that of f' liars
 * none decides.
 */
export const middleTurn = <T>(turns: readonly T[], of: (turn: T) => number): T =>
  [...turns].sort((a, b) => of(a) - of(b))[toleratedSenders(turns.length)]!
