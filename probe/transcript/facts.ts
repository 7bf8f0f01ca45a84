/**
 * The evidence of a session, read from its record. This is the only place where evidence is made: a receiver that has
 * just measured and somebody who checks its transcript both judge what `factsOf` returns. Pure.
 */
import { ipDatagramBytes } from '../../proto/datagram.js'
import type { ProbeRelay, SenderRecord, SessionRecord } from '../../proto/messages.js'
import type { Run } from '../chunks/runs.js'
import { arrivedSince, turnControl } from '../verdict/control.js'
import { sentRateKbps } from '../verdict/hoarding.js'
import type { TurnEvidence } from '../verdict/judge-turns.js'
import { refusalOf } from '../verdict/refusals.js'
import type { SenderEvidence, SessionFacts } from '../verdict/session-facts.js'
import { turnOf } from '../verdict/turns.js'
import type { Verified } from '../wire/verified.js'

/** A session's record before it is judged. */
export type UnjudgedRecord = Omit<SessionRecord, 'outcome' | 'reason'>

/** The data of one run: the part that arrived, and the part that follows from the sender's key. */
export interface VerifiedRun extends Verified {
  /** datagrams */
  readonly arrived: number
}

export type VerifiedRuns = Readonly<Record<Run, VerifiedRun>>

/** Of a sender that revealed no key. */
export const NOTHING_VERIFIED: Verified = {
  ...{ datagrams: 0, highest: -1, jitterUs: 0 },
  transits: { sentMs: [], arrivedMs: [] },
}

/** @param verified by slot. Times of arrival in it are not used: only a live session knows them. */
export const factsOf = (record: UnjudgedRecord, verified: readonly VerifiedRuns[]): SessionFacts => ({
  claimKbps: record.claimKbps,
  breachBps: record.breachBps,
  yieldMs: record.yieldMs,
  soakMs: record.soakMs,
  estimate: record.estimate,
  sinceMs: record.sinceMs,
  meanKbps: record.meanKbps,
  direct: record.direct,
  kernelTimestamps: record.kernelTimestamps,
  atOnce: record.atOnce,
  ipv6: record.ipv6,
  heard: record.heard,
  starvedMs: record.starvedMs,
  overruns: record.overruns,
  senders: record.senderRecords.map((sender, slot) => senderEvidence(record, sender, slot, verified[slot]!)),
})

function senderEvidence(
  record: UnjudgedRecord,
  sender: SenderRecord,
  slot: number,
  verified: VerifiedRuns,
): SenderEvidence {
  const { main, turn, control, direct } = verified
  return {
    answer: answerOf(sender.answer),
    refusal: sender.answer && refusalOf(sender.answer, record),
    ready: sender.ready,
    arrived: main.arrived + turn.arrived,
    highest: main.highest,
    verified: main.datagrams + turn.datagrams,
    turn: turnEvidence(record, sender, slot, verified),
    log: sender.reveal?.log,
    jitterUs: sender.jitterUs,
    hoarding: sender.hoarding,
    riseMs: sender.riseMs,
    delayMs: sender.delayMs,
    spanKbps: sender.spanKbps,
    host: sender.host,
    small: sender.small,
    control: sender.controlFlow && {
      ...sender.controlFlow,
      arrived: arrivedSince(control, sender.controlFlow.fromMs),
    },
    direct: { arrived: direct.arrived, verified: direct.datagrams },
  }
}

/** The sender's turn; undefined in an ordinary session, or if the receiver read no turn of this sender. */
function turnEvidence(
  { soakMs, senderRecords, ipv6 }: UnjudgedRecord,
  { turn: record, reveal }: SenderRecord,
  slot: number,
  { turn, control }: VerifiedRuns,
): TurnEvidence | undefined {
  if (soakMs === undefined || !record) return undefined
  const { controlRiseMs, ...readings } = record
  const ownControl = turnControl(control, reveal?.log.control ?? [], turnOf(soakMs, senderRecords.length, slot))
  return {
    ...readings,
    arrived: turn.arrived,
    highest: turn.highest,
    verified: turn.datagrams,
    sentKbps: sentRateKbps(turn.datagrams, turn.transits, ipDatagramBytes(ipv6)),
    control: ownControl && { ...ownControl, riseMs: controlRiseMs },
  }
}

function answerOf(answer: ProbeRelay | undefined): SenderEvidence['answer'] {
  if (answer?.grant) return 'granted'
  if (answer?.refuse) return 'refused'
  return answer ? 'unreachable' : 'missing'
}
