/** The figures of a session in which data arrived, from its evidence. Pure. */
import { ipDatagramBytes, PAYLOAD_BYTES } from '../../proto/datagram.js'
import type { SendLog } from '../../proto/messages.js'
import { offeredKbps } from '../wire/send-log.js'
import { controlPath } from './control.js'
import { commonFactor } from './hoarding.js'
import { readTurns, type TurnFacts, type TurnsReading } from './judge-turns.js'
import { lowMedian } from './low-median.js'
import type { Measurement } from './outcome.js'
import { type SenderEvidence, type SessionFacts, sentBy, thresholdKbps } from './session-facts.js'
import { neededSenders } from './share.js'

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

export function measure(facts: SessionFacts): Measurement {
  const { senders, claimKbps } = facts
  const soak = soakOf(facts)
  const { arrivedKbps, verifiedKbps, offeredKbps, windows, durationMs } = soak ? readTurns(soak) : readTogether(facts)
  // In a turn one sender sends alone. No other sender makes up for missing data or adds garbage.
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
    goodputKbps: Math.round((rateKbps * PAYLOAD_BYTES) / ipDatagramBytes(facts.ipv6)),
    lossBps: sent > 0 ? Math.round((1 - arrived / sent) * 10_000) : 0,
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

/** Rate that a sender's log shows for the time of the reading, kbit/s. */
export const offered = ({ estimate, ipv6 }: SessionFacts, log: SendLog): number =>
  estimate ? offeredKbps(log, estimate.fromMs, estimate.toMs, ipDatagramBytes(ipv6)) : 0

/** The reading of an ordinary session, in which all senders send all the time. */
function readTogether(facts: SessionFacts): TurnsReading {
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

/** min(arrived, verified·k/(k−f')) of the direct probe, kbit/s. */
function directRate({ senders, direct }: SessionFacts): number {
  const arrived = sum(senders.map(sender => sender.direct.arrived))
  if (!direct || arrived === 0) return 0
  const verified = sum(senders.map(sender => sender.direct.verified))
  const k = senders.length
  return direct.rateKbps * Math.min(1, ((verified / arrived) * k) / neededSenders(k))
}
