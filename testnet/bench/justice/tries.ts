/** A receiver's two tries, as nodes run them: the second one only if the first does not show that the claim is kept. */
import { setTimeout as pause } from 'node:timers/promises'
import { combine, isKept } from '../../../verifier/core/scoring/two-tries.js'
import type { SessionFigures } from './session-figures.js'
import { isStarved } from './verdict.js'

/** An epoch has room for far more; a household's accident of this length is over by then. */
const GAP_MS = 2000

/** What the receiver votes, and what it saw first. */
export interface Tries {
  readonly voted: SessionFigures
  /** undefined if the vote rests on one session */
  readonly first: SessionFigures | undefined
}

/** @param run runs the n-th try, from 0 @param gapMs from the first try to the second */
export async function bothTries(run: (n: number) => Promise<SessionFigures>, gapMs = GAP_MS): Promise<Tries> {
  const first = await run(0)
  // The bench repeats a session that starved, so a second try would be of no use.
  const reason = 'reason' in first.outcome ? first.outcome.reason : null
  if (isKept(first) || isStarved({ ...first, seconds: first.tookMs / 1000, reason })) {
    return { voted: first, first: undefined }
  }
  await pause(gapMs)
  const second = await run(1)
  const { result } = combine(first, second)
  const worst = {
    lagMs: Math.max(first.lagMs, second.lagMs),
    pausedShare: Math.max(first.pausedShare, second.pausedShare),
    tookMs: first.tookMs + second.tookMs,
    warned: first.warned || second.warned,
  }
  return { voted: { ...result!, ...worst }, first }
}
