/**
 * The outcome of a session, from its evidence. Pure.
 *
 * k − f' senders decide: fewer could be a faulty minority. A provider must not be better off by refusing, by never
 * validating the path or by forwarding nothing than by being slow, so each of these is an outcome of its own. A low
 * reading that something other than the provider may explain is only "at least x".
 */
import { totalSent } from '../wire/send-log.js'
import { commonHost, hasManyHosts } from './common-host.js'
import { MIN_STABLE_WINDOWS } from './estimator.js'
import { forgivingKbps, measure } from './measure.js'
import { otherLimit } from './other-limit.js'
import type { Outcome } from './outcome.js'
import { isOverrun } from './overruns.js'
import {
  countOf,
  isMismatched,
  isRefused,
  neededOf,
  type SenderEvidence,
  type SessionFacts,
  thresholdKbps,
} from './session-facts.js'
import { MIN_SENDERS, neededSenders, toleratedSenders } from './share.js'

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
  if (isOverrun(facts, measurement.rateKbps)) return { kind: 'at-least', measurement, reason: 'receiver-overrun' }
  if (measurement.rateKbps >= thresholdKbps(facts)) return { kind: 'verified', measurement }
  if (facts.starvedMs > STARVED_SHARE * measurement.durationMs) return { kind: 'no-data', reason: 'receiver-fault' }
  if (!isLongEnough(facts)) return { kind: 'at-least', measurement, reason: 'unstable' }
  if (forgivingKbps(facts, measurement) >= thresholdKbps(facts))
    return { kind: 'at-least', measurement, reason: 'sender-spoiled' }
  const reason = otherLimit(facts, measurement)
  return reason ? { kind: 'at-least', measurement, reason } : { kind: 'under', measurement }
}

/**
 * A competing flow had the time to yield. In a soak the senders together gave it that time before the first turn.
 */
const isLongEnough = ({ soakMs, estimate, sinceMs, yieldMs }: SessionFacts): boolean =>
  soakMs !== undefined || (estimate !== undefined && estimate.toMs - (sinceMs ?? estimate.toMs) >= yieldMs)

/**
 * The outcome of a session in which nothing arrived, or which enough senders say was refused; undefined for any other.
 */
function judgeUnserved({ senders, heard }: SessionFacts): Outcome | undefined {
  const needed = neededSenders(senders.length)
  const refusals = countOf(senders, isRefused)
  if (refusals >= needed) return { kind: 'refused', refusals }
  if (senders.some(({ arrived }) => arrived > 0)) return undefined
  // The provider took the session, and then did not ask the receiver for its echo or forwarded none of what was sent.
  const mayBeElsewhere = elsewhere(senders)
  const granted = countOf(
    senders,
    sender => sender.answer === 'granted' && (!sender.ready || hasSent(sender)) && !mayBeElsewhere(sender),
  )
  // Nobody has ever reached this receiver: its own port may be closed, so it can say nothing about anybody.
  if (granted > 0 && !heard) return { kind: 'no-data', reason: 'path-not-validated' }
  if (refusals + granted >= needed) {
    return refusals > granted ? { kind: 'refused', refusals } : { kind: 'dead', granted }
  }
  const unreachable = countOf(senders, ({ answer }) => answer === 'unreachable')
  const reason = refusals + granted + unreachable >= needed ? 'provider-unreachable' : 'senders-missing'
  return { kind: 'no-data', reason }
}

const hasSent = ({ log }: SenderEvidence): boolean => log !== undefined && totalSent(log) > 0

/**
 * Whether it may be a sender's own doing that its data comes from another host than others', and so does not count. If
 * the sessions show more hosts than f' liars explain, it is the provider's doing.
 */
function elsewhere(senders: readonly SenderEvidence[]): (sender: SenderEvidence) => boolean {
  const hosts = senders.map(({ host }) => host)
  if (hasManyHosts(hosts) || new Set(hosts.filter(host => host !== undefined)).size < 2) return () => false
  const common = commonHost(hosts)
  return ({ host }) => host !== undefined && host !== common
}
