/**
 * What comes of a session, from what was measured and what the senders showed. Pure.
 *
 * k − f' senders decide: fewer could be a faulty minority. A provider must not be better off by refusing, by never
 * validating the path or by forwarding nothing than by being slow, so all of these are its own outcome; and a low reading
 * that something else may explain is only "at least x".
 *
 * Loss and delay show that something was full, not where. So a low reading is the provider's only if the senders offered
 * enough, if the datagrams that did not pass through it came through well at the same time, and if the very same paths
 * then carried more without it.
 */
import { IP_DATAGRAM_BYTES, PAYLOAD_BYTES } from '../../proto/datagram.js'
import type { SendLog } from '../../proto/messages.js'
import { isWellFormed, offeredKbps, totalSent } from '../wire/send-log.js'
import { type ControlFlow, controlPath, isEnoughControl, isHeldUpBy } from './control.js'
import { type Estimate, MIN_STABLE_WINDOWS } from './estimator.js'
import { commonFactor } from './hoarding.js'
import { leastTurnKbps, readTurns, type TurnEvidence, type TurnFacts, turnsLimit } from './judge-turns.js'
import { lowMedian } from './low-median.js'
import type { AtLeastReason, Measurement, Outcome } from './outcome.js'
import { MIN_SENDERS, neededSenders, overdrive, toleratedSenders, turnKbps } from './share.js'

/** What a low reading needs, in hundredths: offered of the claim, and carried without the provider of the reading. */
export const OFFERED_PERCENT = 105
export const DIRECT_PERCENT = 115
/** And the most that control datagrams may have lost. */
export const CONTROL_LOSS_BPS = 300
/** A log that shows more than this of the sender's share is made up: the relay polices it to the share. */
const OFFERED_MOST = 1.1
/** UDP's own checksum leaves next to nothing broken: a sender with less of its data verified is unverifiable. */
const VERIFIED_SHARE = 0.98
/** A receiver whose own event loop stood still for this part of the measurement blames nobody: half of the windows. */
const STARVED_SHARE = 0.5

/** What the receiver has of one sender at the end. */
export interface SenderEvidence {
  /** what the provider answered to it, by the provider's own signature; `missing` if the sender gave no account */
  readonly answer: 'granted' | 'refused' | 'unreachable' | 'missing'
  /** the provider validated the path to the receiver */
  readonly ready: boolean
  /** datagrams, with those of its turn */
  readonly arrived: number
  /** highest sequence number that arrived, or −1; without those of its turn */
  readonly highest: number
  readonly verified: number
  /** of a soak */
  readonly turn?: TurnEvidence | undefined
  /** with a key that is the committed one, signed; undefined otherwise */
  readonly log: SendLog | undefined
  readonly jitterUs: number
  /** see `hoardingFactor`; 1 where nothing was verified */
  readonly hoarding: number
  /** of its data through the provider, above the shortest transit */
  readonly riseMs: number
  /** undefined if nothing of it can be believed */
  readonly control: ControlFlow | undefined
  /** datagrams of the direct probe */
  readonly direct: { readonly arrived: number; readonly verified: number }
}

export interface SessionFacts {
  readonly claimKbps: number
  readonly breachBps: number
  /** the senders are the receiver's own: one is enough */
  readonly trusted?: boolean | undefined
  /** how long it took as a soak; undefined for an ordinary session */
  readonly soakMs?: number | undefined
  readonly senders: readonly SenderEvidence[]
  /** undefined if no data was asked for; of a soak that of the turn in the middle */
  readonly estimate: Estimate | undefined
  /** of the direct probe; undefined if there was none */
  readonly direct: Estimate | undefined
  /** arrival times are the kernel's: without them delay says nothing */
  readonly kernelTimestamps: boolean
  /**
   * Other receivers measured at the same time, and what all of them read is added up. So the reading is not cut off at this
   * one's share: a queue may divide itself as it likes.
   */
  readonly atOnce: boolean
  /** when the senders were told to start, on the estimate's clock */
  readonly startMs: number
  /** this receiver's port has heard a provider, ever */
  readonly heard: boolean
  /** time that the receiver's event loop stood still while it measured */
  readonly starvedMs: number
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Data that is not what the sender committed to, although it showed the key. */
const isMismatched = ({ log, arrived, verified }: SenderEvidence): boolean =>
  log !== undefined && verified < VERIFIED_SHARE * arrived

/** Bitmap over the senders: mismatched, or a sender that was to send and showed no key. */
export const unverifiableSenders = (senders: readonly SenderEvidence[]): number =>
  sum(senders.map((sender, slot) => (isMismatched(sender) || (sender.ready && !sender.log) ? 2 ** slot : 0)))

export function judge(facts: SessionFacts): Outcome {
  const { senders } = facts
  const k = senders.length
  if (k < (facts.trusted ? 1 : MIN_SENDERS)) return { kind: 'no-data', reason: 'senders-missing' }
  const unserved = judgeUnserved(facts)
  if (unserved) return unserved
  if (senders.filter(sender => sender.log).length < neededSenders(k))
    return { kind: 'no-data', reason: 'senders-missing' }
  const measurement = measure(facts)
  if (senders.filter(isMismatched).length > toleratedSenders(k)) return { kind: 'garbage', measurement }
  if (measurement.windows < MIN_STABLE_WINDOWS) return { kind: 'at-least', measurement, reason: 'unstable' }
  if (measurement.rateKbps >= thresholdKbps(facts)) return { kind: 'verified', measurement }
  if (facts.starvedMs > STARVED_SHARE * measurement.durationMs) return { kind: 'no-data', reason: 'receiver-fault' }
  const reason = otherLimit(facts, measurement)
  return reason ? { kind: 'at-least', measurement, reason } : { kind: 'under', measurement }
}

/** The slashing threshold as a rate. */
export const thresholdKbps = ({ claimKbps, breachBps }: Pick<SessionFacts, 'claimKbps' | 'breachBps'>): number =>
  (claimKbps * breachBps) / 10_000

/**
 * Whether a direct probe could make a low vote of what has arrived: before the keys are known, so without delays, and
 * as if the f' senders that came through best had sent garbage.
 * @param arrivedKbps the estimate. @param arrived datagrams of each sender. @param control as seen so far
 * @param turns of a soak
 */
export function isDirectProbeDue(
  facts: Pick<SessionFacts, 'claimKbps' | 'breachBps'>,
  arrivedKbps: number,
  arrived: readonly number[],
  control: readonly (ControlFlow | undefined)[],
  turns?: readonly Estimate[],
): boolean {
  if (sum(arrived) === 0) return false // `dead`, if anything
  const likelyKbps = turns ? leastTurnKbps(turns) : leastVerifiedKbps(arrivedKbps, arrived)
  if (likelyKbps >= thresholdKbps(facts)) return false
  const path = controlPath(control)
  return path !== undefined && path.lossShare * 10_000 <= CONTROL_LOSS_BPS
}

function leastVerifiedKbps(arrivedKbps: number, arrived: readonly number[]): number {
  const k = arrived.length
  const needed = neededSenders(k)
  const least = [...arrived].sort((a, b) => a - b).slice(0, needed)
  const verifiable = (sum(least) * k) / (needed * sum(arrived))
  return arrivedKbps * Math.min(1, verifiable)
}

/** The outcome of a session in which nothing arrived; undefined if something did. */
function judgeUnserved({ senders, heard }: SessionFacts): Outcome | undefined {
  const needed = neededSenders(senders.length)
  const refusals = senders.filter(sender => sender.answer === 'refused').length
  if (refusals >= needed) return { kind: 'refused', refusals }
  if (sum(senders.map(sender => sender.arrived)) > 0) return undefined
  // It took the session and then did not even ask the receiver for its echo, or forwarded none of what was sent.
  const granted = senders.filter(
    ({ answer, ready, log }) => answer === 'granted' && (!ready || (log !== undefined && totalSent(log) > 0)),
  ).length
  // A receiver that nobody has ever reached may have a closed port: it can say nothing about anybody.
  if (granted > 0 && !heard) return { kind: 'no-data', reason: 'path-not-validated' }
  if (refusals + granted >= needed) {
    return refusals > granted ? { kind: 'refused', refusals } : { kind: 'dead', granted }
  }
  const unreachable = senders.filter(sender => sender.answer === 'unreachable').length
  const reason = refusals + granted + unreachable >= needed ? 'provider-unreachable' : 'senders-missing'
  return { kind: 'no-data', reason }
}

function measure(facts: SessionFacts): Measurement {
  const { senders, claimKbps } = facts
  const soak = soakOf(facts)
  const { arrivedKbps, verifiedKbps, offeredKbps, windows, durationMs } = soak ? readTurns(soak) : readTogether(facts)
  // A turn is one sender's alone: nobody makes up for it, and of f' others' garbage nothing is in it.
  const scale = soak ? 1 : senders.length / neededSenders(senders.length)
  const mostKbps = facts.atOnce ? Number.POSITIVE_INFINITY : claimKbps
  const rateKbps = Math.min(arrivedKbps, verifiedKbps * scale, mostKbps)
  const arrived = sum(senders.map(sender => sender.arrived))
  const sent = sum(senders.map(sentBy))
  const path = controlPath(senders.map(sender => sender.control))
  const withJitter = senders.filter(sender => sender.verified > 0)
  return {
    rateKbps: Math.round(rateKbps),
    arrivedKbps: Math.round(arrivedKbps),
    verifiedKbps: Math.round(verifiedKbps),
    goodputKbps: Math.round((rateKbps * PAYLOAD_BYTES) / IP_DATAGRAM_BYTES),
    lossBps: sent > 0 ? Math.round((1 - arrived / sent) * 10_000) : 0,
    jitterUs: Math.round(sum(withJitter.map(sender => sender.jitterUs)) / Math.max(1, withJitter.length)),
    offeredKbps: Math.round(offeredKbps),
    controlLossBps: Math.round((path?.lossShare ?? 0) * 10_000),
    controlDelayUs: facts.kernelTimestamps ? Math.round((path?.riseMs ?? 0) * 1000) : 0,
    directKbps: Math.round(directRate(facts)),
    windows,
    durationMs: Math.round(durationMs),
    receivedBytes: arrived * IP_DATAGRAM_BYTES,
  }
}

/** Of a session in which all send together all the time. */
function readTogether(facts: SessionFacts): ReturnType<typeof readTurns> {
  const { senders } = facts
  const estimate = facts.estimate ?? { rateKbps: 0, windows: 0, fromMs: 0, toMs: 0 }
  const arrived = sum(senders.map(sender => sender.arrived))
  const hoarding = commonFactor(senders.filter(sender => sender.verified > 0).map(sender => sender.hoarding))
  const arrivedKbps = estimate.rateKbps * hoarding
  return {
    arrivedKbps,
    verifiedKbps: arrived > 0 ? (arrivedKbps * sum(senders.map(sender => sender.verified))) / arrived : 0,
    offeredKbps: sum(senders.map(sender => (sender.log ? offered(facts, sender.log) : 0))),
    windows: estimate.windows,
    durationMs: estimate.toMs - estimate.fromMs,
  }
}

/** As far as the sequence numbers tell. */
const sentBy = ({ highest, turn }: SenderEvidence): number => highest + 1 + (turn ? turn.highest + 1 : 0)

/** Undefined for an ordinary session. */
const soakOf = (facts: SessionFacts): TurnFacts<SenderEvidence> | undefined =>
  facts.soakMs === undefined ? undefined : { ...facts, soakMs: facts.soakMs, thresholdKbps: thresholdKbps(facts) }

/** What else than the provider may have been the limit of a low reading; undefined if nothing may. */
function otherLimit(facts: SessionFacts, measurement: Measurement): AtLeastReason | undefined {
  const { senders } = facts
  const { rateKbps, directKbps, controlLossBps } = measurement
  const soak = soakOf(facts)
  const ofOffer = soak ? limitOfTurns(soak) : isOffered(facts) ? undefined : 'sender-limited'
  if (ofOffer) return ofOffer
  if (!isEnoughControl(senders.map(sender => sender.control))) return 'no-control'
  if (controlLossBps > CONTROL_LOSS_BPS || isHeldUp(facts, measurement)) return 'path-limited'
  return directKbps * 100 < DIRECT_PERCENT * rateKbps ? 'path-limited' : undefined
}

function isOffered(facts: SessionFacts): boolean {
  const { senders, claimKbps } = facts
  const k = senders.length
  const mostKbps = (OFFERED_MOST * overdrive(k) * claimKbps) / k
  const credible = senders.filter(sender => isCredible(sender) && offered(facts, sender.log!) <= mostKbps)
  if (credible.length < neededSenders(k)) return false
  return sum(credible.map(sender => offered(facts, sender.log!))) * 100 >= OFFERED_PERCENT * claimKbps
}

function limitOfTurns(soak: TurnFacts<SenderEvidence>): AtLeastReason | undefined {
  const { claimKbps, senders } = soak
  return turnsLimit(soak, isCredible, {
    leastKbps: (OFFERED_PERCENT * claimKbps) / 100,
    mostKbps: OFFERED_MOST * turnKbps(claimKbps, senders.length),
  })
}

/** The main flow's delay is that of the sender in the middle: one alone cannot stretch it to excuse its own link. */
function isHeldUp({ senders, kernelTimestamps }: SessionFacts, { controlDelayUs }: Measurement): boolean {
  if (!kernelTimestamps) return false
  const rises = senders.filter(sender => sender.verified > 0).map(sender => sender.riseMs)
  return isHeldUpBy(controlDelayUs / 1000, lowMedian(rises) ?? 0)
}

/** min(arrived, verified·k/(k−f')) of the direct probe, kbit/s. */
function directRate({ senders, direct }: SessionFacts): number {
  const arrived = sum(senders.map(sender => sender.direct.arrived))
  if (!direct || arrived === 0) return 0
  const verified = sum(senders.map(sender => sender.direct.verified))
  const k = senders.length
  return direct.rateKbps * Math.min(1, ((verified / arrived) * k) / neededSenders(k))
}

/**
 * Data that is its sender's, and a log that does not contradict what arrived. That little of what it shows arrived is no
 * contradiction: a provider with a deep queue delivers a stream's beginning only.
 */
function isCredible(sender: SenderEvidence): boolean {
  const { log } = sender
  return log !== undefined && !isMismatched(sender) && isWellFormed(log) && sentBy(sender) <= totalSent(log)
}

const offered = ({ estimate, startMs }: SessionFacts, log: SendLog): number =>
  estimate ? offeredKbps(log, estimate.fromMs - startMs, estimate.toMs - startMs) : 0
