/**
 * In a soak the senders take turns. In the first half all senders send at their share, which drains the provider's
 * saved credit. Then each sender sends alone in its turn, faster than the claim, and is silent in the turns of others.
 * So the reading of a turn depends on one sender and the provider only. The session's reading is that of the middle
 * turn, so a minority of senders cannot move it beyond the others (docs/research/cheats-derivations.md, section 5).
 *
 * The plan follows from the length of the soak, k and the slot. Times count from each sender's own start. A turn has
 * its own sequence numbers and keystream, so data from before the turn cannot pass for the turn's data. Pure.
 */
import { FIRST_ARRIVAL_MS, togetherMs } from '../constants.js'
import { bytesIn, shareKbps, toleratedSenders, turnKbps } from './share.js'
import type { FixedSpan } from './spans.js'

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** A stretch of a sender's data, at one rate. */
export interface Phase extends Span {
  /** `turn` has its own sequence numbers and keystream */
  readonly run: 'main' | 'turn'
  readonly rateKbps: number
}

/**
 * The first part of a turn is discarded. Meanwhile the previous turn ends, by other clocks and over other paths, and
 * its queue drains.
 */
const DISCARD_MS = 200
const DISCARD_RTTS = 2
/** The discard is at most this part of a turn. So a sender that feigns a long round trip does little harm. */
const MOST_DISCARD = 0.25
/** The reading also skips this part of the discard at the turn's end, when the next turn may have begun. */
const END_SHARE = 0.5
/** A turn has at least so many windows, however low the claim. */
const LEAST_WINDOWS = 8

export function turnOf(soakMs: number, k: number, slot: number): Span {
  const turnMs = (soakMs - togetherMs(soakMs)) / k
  const fromMs = togetherMs(soakMs) + slot * turnMs
  return { fromMs, toMs: fromMs + turnMs }
}

/** The part of a turn that the sender surely sends. The session ends as soon as enough of the last turn has arrived. */
export function surelySent(turn: Span): Span {
  const turnMs = turn.toMs - turn.fromMs
  return { fromMs: turn.fromMs, toMs: turn.toMs - turnMs * MOST_DISCARD * END_SHARE }
}

/** The phases of one sender, from its start. */
export const phasesOf = (soakMs: number, claimKbps: number, k: number, slot: number): Phase[] => [
  { run: 'main', fromMs: 0, toMs: togetherMs(soakMs), rateKbps: shareKbps(claimKbps, k) },
  { run: 'turn', ...turnOf(soakMs, k, slot), rateKbps: turnKbps(claimKbps) },
]

/** IP-layer bytes of all phases. */
export const bytesOf = (phases: readonly Phase[]): number =>
  phases.reduce((sum, { fromMs, toMs, rateKbps }) => sum + bytesIn(rateKbps, toMs - fromMs), 0)

/**
 * For each turn, the time at which it is due, and the span of the reading, which counts from the turn's first datagram.
 * @param rttMs the longest round trip of all senders
 */
export function turnSpans(soakMs: number, k: number, rttMs: number): { fromMs: number; span: FixedSpan }[] {
  return Array.from({ length: k }, (_, slot) => {
    const { fromMs, toMs } = turnOf(soakMs, k, slot)
    const turnMs = toMs - fromMs
    const discardMs = Math.min(Math.max(DISCARD_MS, DISCARD_RTTS * rttMs), MOST_DISCARD * turnMs)
    const measureMs = turnMs - discardMs * (1 + END_SHARE)
    return { fromMs, span: { discardMs, measureMs, waitMs: FIRST_ARRIVAL_MS, windowMs: measureMs / LEAST_WINDOWS } }
  })
}

/** The span while all senders send together. Its reading decides nothing; a user sees it as progress. */
export const togetherSpan = (soakMs: number): FixedSpan => ({
  discardMs: togetherMs(soakMs) / 2,
  measureMs: togetherMs(soakMs) / 2,
})

/**
 * The turn in the middle by some figure, or the lower of two. At least f' turns are as low and at least f' as high, so
 * f' liars cannot decide the figure.
 */
export const middleTurn = <T>(turns: readonly T[], of: (turn: T) => number): T =>
  [...turns].sort((a, b) => of(a) - of(b))[toleratedSenders(turns.length)]!
