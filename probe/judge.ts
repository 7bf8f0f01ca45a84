/**
 * What comes of a session, from what was measured and what the parties showed. Pure.
 *
 * k − f' senders decide: fewer could be a faulty minority. A provider must not be better off by refusing, by never
 * validating the path or by forwarding nothing than by being slow, so all of these are its own outcome; and a low reading
 * that something else may explain is only "at least x".
 */
import { IP_DATAGRAM_BYTES, PAYLOAD_BYTES } from '../proto/datagram.js'
import type { SendLog } from '../proto/messages.js'
import { type Estimate, MIN_STABLE_WINDOWS } from './estimator.js'
import type { Measurement, Outcome } from './outcome.js'
import { isWellFormed, offeredKbps, totalSent } from './send-log.js'
import { MIN_SENDERS, neededSenders, overdrive, toleratedSenders } from './share.js'

/** A low reading needs senders that offered this much of the claim. */
const OFFERED = 1.05
/** A log that shows more than this of the sender's share is made up: the relay polices it to the share. */
const OFFERED_MOST = 1.1
/** UDP's own checksum leaves next to nothing broken: a sender with less of its data verified is unverifiable. */
const VERIFIED_SHARE = 0.98
/** A receiver whose own event loop stood still for this part of the measurement blames nobody: half of the windows. */
const STARVED_SHARE = 0.5

/** What the receiver has of one sender at the end. */
export interface PartyEvidence {
  /** what the provider answered to it, by the provider's own signature; `missing` if the sender gave no account */
  readonly answer: 'granted' | 'refused' | 'unreachable' | 'missing'
  /** the provider validated the path to the receiver */
  readonly ready: boolean
  /** datagrams */
  readonly arrived: number
  /** highest sequence number that arrived, or −1 */
  readonly highest: number
  readonly verified: number
  /** with a key that is the committed one, signed; undefined otherwise */
  readonly log: SendLog | undefined
  readonly jitterUs: number
}

export interface SessionFacts {
  readonly claimKbps: number
  readonly breachBps: number
  readonly parties: readonly PartyEvidence[]
  /** undefined if no data was asked for */
  readonly estimate: Estimate | undefined
  /** when the senders were told to start, on the estimate's clock */
  readonly startMs: number
  /** this receiver's port has heard a provider, ever */
  readonly heard: boolean
  /** time that the receiver's event loop stood still while it measured */
  readonly starvedMs: number
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Data that is not what the sender committed to, although it showed the key. */
const isMismatched = ({ log, arrived, verified }: PartyEvidence): boolean =>
  log !== undefined && verified < VERIFIED_SHARE * arrived

/** Bitmap over the senders: mismatched, or a sender that was to send and showed no key. */
export const unverifiableSenders = (parties: readonly PartyEvidence[]): number =>
  sum(parties.map((party, slot) => (isMismatched(party) || (party.ready && !party.log) ? 2 ** slot : 0)))

export function judge(facts: SessionFacts): Outcome {
  const { parties } = facts
  const k = parties.length
  if (k < MIN_SENDERS) return { kind: 'no-data', reason: 'senders-missing' }
  const unserved = judgeUnserved(facts)
  if (unserved) return unserved
  if (parties.filter(party => party.log).length < neededSenders(k))
    return { kind: 'no-data', reason: 'senders-missing' }
  const measurement = measure(facts)
  if (parties.filter(isMismatched).length > toleratedSenders(k)) return { kind: 'garbage', measurement }
  if (measurement.windows < MIN_STABLE_WINDOWS) return { kind: 'at-least', measurement, reason: 'unstable' }
  if (measurement.rateKbps >= (facts.claimKbps * facts.breachBps) / 10_000) return { kind: 'verified', measurement }
  if (facts.starvedMs > STARVED_SHARE * measurement.durationMs) return { kind: 'no-data', reason: 'receiver-fault' }
  if (!hasLowEvidence(facts)) return { kind: 'at-least', measurement, reason: 'sender-limited' }
  return { kind: 'under', measurement }
}

/** The outcome of a session in which nothing arrived; undefined if something did. */
function judgeUnserved({ parties, heard }: SessionFacts): Outcome | undefined {
  const needed = neededSenders(parties.length)
  const refusals = parties.filter(party => party.answer === 'refused').length
  if (refusals >= needed) return { kind: 'refused', refusals }
  if (sum(parties.map(party => party.arrived)) > 0) return undefined
  // It took the session and then did not even ask the receiver for its echo, or forwarded none of what was sent.
  const granted = parties.filter(
    ({ answer, ready, log }) => answer === 'granted' && (!ready || (log !== undefined && totalSent(log) > 0)),
  ).length
  // A receiver that nobody has ever reached may have a closed port: it can say nothing about anybody.
  if (granted > 0 && !heard) return { kind: 'no-data', reason: 'path-not-validated' }
  if (refusals + granted >= needed) {
    return refusals > granted ? { kind: 'refused', refusals } : { kind: 'dead', granted }
  }
  const unreachable = parties.filter(party => party.answer === 'unreachable').length
  const reason = refusals + granted + unreachable >= needed ? 'provider-unreachable' : 'senders-missing'
  return { kind: 'no-data', reason }
}

function measure(facts: SessionFacts): Measurement {
  const { parties, claimKbps } = facts
  const k = parties.length
  const estimate = facts.estimate ?? { rateKbps: 0, windows: 0, fromMs: 0, toMs: 0 }
  const arrived = sum(parties.map(party => party.arrived))
  const arrivedKbps = estimate.rateKbps
  const verifiedKbps = arrived > 0 ? (arrivedKbps * sum(parties.map(party => party.verified))) / arrived : 0
  const rateKbps = Math.min(arrivedKbps, (verifiedKbps * k) / neededSenders(k), claimKbps)
  const sent = sum(parties.map(party => party.highest + 1))
  const withJitter = parties.filter(party => party.verified > 0)
  return {
    rateKbps: Math.round(rateKbps),
    arrivedKbps: Math.round(arrivedKbps),
    verifiedKbps: Math.round(verifiedKbps),
    goodputKbps: Math.round((rateKbps * PAYLOAD_BYTES) / IP_DATAGRAM_BYTES),
    lossBps: sent > 0 ? Math.round((1 - arrived / sent) * 10_000) : 0,
    jitterUs: Math.round(sum(withJitter.map(party => party.jitterUs)) / Math.max(1, withJitter.length)),
    offeredKbps: Math.round(sum(parties.map(party => (party.log ? offered(facts, party.log) : 0)))),
    windows: estimate.windows,
    durationMs: Math.round(estimate.toMs - estimate.fromMs),
    receivedBytes: arrived * IP_DATAGRAM_BYTES,
  }
}

/** The senders offered enough, and at most f' of them have no credible log. */
function hasLowEvidence(facts: SessionFacts): boolean {
  const { parties, claimKbps } = facts
  const credible = parties.filter(party => !isMismatched(party) && isCredible(facts, party))
  if (credible.length < neededSenders(parties.length)) return false
  return sum(credible.map(party => offered(facts, party.log!))) >= OFFERED * claimKbps
}

/**
 * A log that does not contradict what arrived. That little of what it shows arrived is no contradiction: a provider with
 * a deep queue delivers a stream's beginning only.
 */
function isCredible(facts: SessionFacts, { log, highest }: PartyEvidence): boolean {
  if (!log || !isWellFormed(log)) return false
  const k = facts.parties.length
  const mostKbps = (OFFERED_MOST * overdrive(k) * facts.claimKbps) / k
  return highest < totalSent(log) && offered(facts, log) <= mostKbps
}

const offered = ({ estimate, startMs }: SessionFacts, log: SendLog): number =>
  estimate ? offeredKbps(log, estimate.fromMs - startMs, estimate.toMs - startMs) : 0
