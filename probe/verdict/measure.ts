/** The figures of a session in which data arrived, from its evidence. Pure. */
import { ipDatagramBytes, PAYLOAD_BYTES } from '../../proto/datagram.js'
import { POLICE_SLACK } from '../constants.js'
import { offeredKbps } from '../wire/send-log.js'
import { controlPath } from './control.js'
import { commonFactor } from './hoarding.js'
import { readTurns, type TurnFacts, type TurnsReading } from './judge-turns.js'
import { lowMedian } from './low-median.js'
import type { Measurement } from './outcome.js'
import {
  controlFlows,
  isRefused,
  neededOf,
  type SenderEvidence,
  type SessionFacts,
  sentBy,
  thresholdKbps,
  verifiedPart,
} from './session-facts.js'
import { neededSenders, shareKbps } from './share.js'

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

export function measure(facts: SessionFacts): Measurement {
  const { senders, claimKbps } = facts
  const soak = soakOf(facts)
  const { arrivedKbps, verifiedKbps, offeredKbps, windows, durationMs } = soak ? readTurns(soak) : readTogether(facts)
  const mostKbps = facts.atOnce ? Number.POSITIVE_INFINITY : claimKbps
  const rateKbps = Math.min(arrivedKbps, verifiedKbps, mostKbps)
  const arrived = sum(senders.map(sender => sender.arrived))
  const verified = sum(senders.map(sender => sender.verified))
  const sent = sum(senders.map(sentBy))
  const path = controlPath(controlFlows(senders), neededOf(senders))
  const withJitter = senders.filter(sender => sender.verified > 0)
  return {
    rateKbps: Math.round(rateKbps),
    arrivedKbps: Math.round(arrivedKbps),
    verifiedKbps: Math.round(verifiedKbps),
    goodputKbps: Math.round((rateKbps * PAYLOAD_BYTES) / ipDatagramBytes(facts.ipv6)),
    lossBps: sent > 0 ? Math.round((1 - verified / sent) * 10_000) : 0,
    jitterUs: Math.round(sum(withJitter.map(sender => sender.jitterUs)) / Math.max(1, withJitter.length)),
    delayUs: Math.round((lowMedian(withJitter.flatMap(({ delayMs }) => delayMs ?? [])) ?? 0) * 1000),
    offeredKbps: Math.round(offeredKbps),
    controlLossBps: Math.round((path?.lossShare ?? 0) * 10_000),
    controlDelayUs: facts.kernelTimestamps ? Math.round((path?.riseMs ?? 0) * 1000) : 0,
    directKbps: Math.round(directRate(facts)),
    windows,
    durationMs: Math.round(durationMs),
    receivedBytes: arrived * ipDatagramBytes(facts.ipv6),
  }
}

/** The facts of a soak; undefined for an ordinary session. */
export const soakOf = (facts: SessionFacts): TurnFacts<SenderEvidence> | undefined =>
  facts.soakMs === undefined ? undefined : { ...facts, soakMs: facts.soakMs, thresholdKbps: thresholdKbps(facts) }

/**
 * Rate that a sender's log shows for the time of the reading, kbit/s. A sender that the provider refused has offered its
 * share by asking for it.
 */
export function offeredBy({ estimate, claimKbps, senders, ipv6 }: SessionFacts, sender: SenderEvidence): number {
  if (!estimate) return 0
  if (isRefused(sender)) return shareKbps(claimKbps, senders.length)
  return sender.log ? offeredKbps(sender.log, estimate.fromMs, estimate.toMs, ipDatagramBytes(ipv6)) : 0
}

/**
 * The reading, if f' senders may be to blame for what is not verified: their data would have been as much as the others'.
 * This never raises a rate. It only keeps a session from counting against the provider.
 */
export function forgivingKbps({ senders, soakMs }: SessionFacts, { arrivedKbps, verifiedKbps }: Measurement): number {
  // In a turn of a soak one sender sends alone, and the middle turn allows for f' senders already.
  const scale = soakMs === undefined ? senders.length / neededSenders(senders.length) : 1
  return Math.min(arrivedKbps, verifiedKbps * scale)
}

/**
 * Each sender's part of a reading, kbit/s. No sender counts with more than its share, which an honest relay would hold
 * it to over the span of a reading: else one lender, or one fast sender, could carry the reading alone. The slack is the
 * relay's own. The cap takes nothing from an honest provider, because the shares of k − f' senders exceed the claim.
 */
function sharesOf({ senders, claimKbps }: SessionFacts, readingKbps: number) {
  const mostKbps = POLICE_SLACK * shareKbps(claimKbps, senders.length)
  const allKbps = sum(senders.map(({ spanKbps }) => spanKbps))
  return senders.map(sender => {
    const arrivedKbps = allKbps > 0 ? (readingKbps * sender.spanKbps) / allKbps : 0
    return {
      arrivedKbps: Math.min(arrivedKbps, mostKbps),
      verifiedKbps: Math.min(arrivedKbps * verifiedPart(sender), mostKbps),
    }
  })
}

/** The reading of an ordinary session, in which all senders send all the time. */
function readTogether(facts: SessionFacts): TurnsReading {
  const { senders } = facts
  const estimate = facts.estimate ?? { rateKbps: 0, windows: 0, fromMs: 0, toMs: 0 }
  const hoarding = commonFactor(senders.filter(sender => sender.verified > 0).map(sender => sender.hoarding))
  const shares = sharesOf(facts, estimate.rateKbps * hoarding)
  return {
    arrivedKbps: sum(shares.map(({ arrivedKbps }) => arrivedKbps)),
    verifiedKbps: sum(shares.map(({ verifiedKbps }) => verifiedKbps)),
    offeredKbps: sum(senders.map(sender => offeredBy(facts, sender))),
    windows: estimate.windows,
    durationMs: estimate.toMs - estimate.fromMs,
  }
}

/** The verified rate of the direct probe, kbit/s. */
function directRate({ senders, direct }: SessionFacts): number {
  const arrived = sum(senders.map(sender => sender.direct.arrived))
  if (!direct || arrived === 0) return 0
  const verified = sum(senders.map(sender => sender.direct.verified))
  return (direct.rateKbps * verified) / arrived
}
