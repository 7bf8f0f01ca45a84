/**
 * The outcome of a session, from its evidence. Pure.
 *
 * k − f' senders decide: fewer could be a faulty minority. A provider must not be better off by refusing, by never
 * validating the path or by forwarding nothing than by being slow, so each of these is an outcome of its own. A low
 * reading that something other than the provider may explain is only "at least x".
 */
import { MIN_STABLE_WINDOWS } from './estimator.js'
import { forgivingKbps, measure } from './measure.js'
import { otherLimit } from './other-limit.js'
import type { Outcome } from './outcome.js'
import { isOverrun } from './overruns.js'
import { countOf, isMismatched, neededOf, type SessionFacts, thresholdKbps } from './session-facts.js'
import { MIN_SENDERS, toleratedSenders } from './share.js'
import { judgeUnserved } from './unserved.js'

/** A receiver blames nobody if its event loop stood still for this part of the measurement: half of the windows. */
const STARVED_SHARE = 0.5

/** Facts about the judging node that no transcript shows. */
export interface Standing {
  /** the senders are the receiver's own: one is enough */
  readonly trusted?: boolean | undefined
}

export function judge(facts: SessionFacts, { trusted = false }: Standing = {}): Outcome {
  const { senders } = facts
  const k = senders.length
  if (k < (trusted ? 1 : MIN_SENDERS)) return { kind: 'no-data', reason: 'senders-missing' }
  const unserved = judgeUnserved(facts)
  if (unserved?.kind === 'dead' && isOverrun(facts, 0)) return { kind: 'no-data', reason: 'receiver-fault' }
  if (unserved) return unserved
  if (countOf(senders, ({ log }) => log !== undefined) < neededOf(senders))
    return { kind: 'no-data', reason: 'senders-missing' }
  const measurement = measure(facts)
  if (countOf(senders, isMismatched) > toleratedSenders(k)) return { kind: 'garbage', measurement }
  if (measurement.windows < MIN_STABLE_WINDOWS) return { kind: 'at-least', measurement, reason: 'unstable' }
  if (isOverrun(facts, measurement.rateKbps, forgivingKbps(facts, measurement)))
    return { kind: 'at-least', measurement, reason: 'receiver-overrun' }
  if (measurement.rateKbps >= thresholdKbps(facts)) return { kind: 'verified', measurement }
  if (facts.starvedMs > STARVED_SHARE * measurement.durationMs) return { kind: 'no-data', reason: 'receiver-fault' }
  if (forgivingKbps(facts, measurement) >= thresholdKbps(facts))
    return { kind: 'at-least', measurement, reason: 'sender-spoiled' }
  if (!isLongEnough(facts)) return { kind: 'at-least', measurement, reason: 'unstable' }
  const reason = otherLimit(facts, measurement)
  return reason ? { kind: 'at-least', measurement, reason } : { kind: 'under', measurement }
}

/**
 * A competing flow had the time to yield. In a soak the senders together gave it that time before the first turn.
 */
const isLongEnough = ({ soakMs, estimate, sinceMs, yieldMs }: SessionFacts): boolean =>
  soakMs !== undefined || (estimate !== undefined && estimate.toMs - (sinceMs ?? estimate.toMs) >= yieldMs)
