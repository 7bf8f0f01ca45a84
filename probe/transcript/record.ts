/**
 * What a receiver keeps of a session, whatever came of it: enough for anybody to check the vote again (verify.ts). All
 * that only the receiver's clock tells is written down here, relative to the moment at which the senders were told to
 * start.
 */
import { ipDatagramBytes } from '../../proto/datagram.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import type { EstimateRecord, SenderRecord, SessionRecord, TurnRecord } from '../../proto/messages.js'
import type { Chunk } from '../chunks/chunk.js'
import { recordOf } from '../chunks/records.js'
import type { Run } from '../chunks/runs.js'
import type { SessionParties } from '../ports.js'
import { addedDelayMs, controlFlow, delayRiseMs, turnControl } from '../verdict/control.js'
import type { Estimate } from '../verdict/estimator.js'
import { hoardingFactor } from '../verdict/hoarding.js'
import type { Outcome } from '../verdict/outcome.js'
import { type Span, turnOf } from '../verdict/turns.js'
import type { UnjudgedRecord, VerifiedRun } from './facts.js'

/** Readings of a session by the receiver's clock. Times on that clock. */
export interface ClockReading {
  /** when the senders were told to start */
  readonly startMs: number
  /** in a soak, the estimate of the middle turn */
  readonly estimate: Estimate
  /** end of the discard */
  readonly sinceMs: number
  /** mean rate since the discard; undefined in a soak */
  readonly meanKbps: number | undefined
  /** of the direct probe; undefined if there was none */
  readonly direct: Estimate | undefined
  readonly starvedMs: number
  /** datagrams for which the receiver's port had no room during the reading */
  readonly overruns: number
}

/** The data that a live session holds on one sender at its end. Times on the receiver's clock. */
export interface LiveSender {
  /** what the sender said and signed, checked */
  readonly account: Pick<SenderRecord, 'rateKbps' | 'commitment' | 'answer' | 'ready' | 'reveal' | 'counter'>
  readonly runs: Readonly<Record<Run, VerifiedRun & { readonly chunks: readonly Chunk[] }>>
  /** until when main and control datagrams counted */
  readonly haltedMs: number
  /** host that the provider's challenge came from; undefined if none came */
  readonly host: string | undefined
  /** size probes that arrived */
  readonly small: number
  /** undefined in an ordinary session, which has no turns */
  readonly turnRead: { readonly estimate: Estimate; readonly crowdKbps: readonly number[] } | undefined
}

export interface LiveSession {
  readonly parties: SessionParties
  readonly sessionId: Hex
  readonly nonce: Hex
  readonly claimKbps: number
  readonly breachBps: number
  readonly yieldMs: number
  /** undefined for an ordinary session */
  readonly soakMs: number | undefined
  readonly atOnce: boolean
  readonly ipv6: boolean
  /** most that data may flow for */
  readonly durationMs: number
  /** undefined if no data was asked for */
  readonly reading: ClockReading | undefined
  readonly kernelTimestamps: boolean
  readonly heard: boolean
  /** the next hop that the receiver named */
  readonly receiverHost: string
  readonly providerHosts: readonly string[]
  readonly chunkRoot: Hex
  /** undefined if no data was asked for */
  readonly rootSignature: Uint8Array | undefined
  /** by slot */
  readonly senders: readonly LiveSender[]
}

export function recordSession(live: LiveSession): UnjudgedRecord {
  const { parties, reading } = live
  return {
    sessionId: fromHex(live.sessionId),
    nonce: fromHex(live.nonce),
    epoch: parties.epoch,
    provider: fromHex(parties.provider),
    receiver: parties.receiver,
    senders: [...parties.senders],
    claimKbps: live.claimKbps,
    breachBps: live.breachBps,
    yieldMs: live.yieldMs,
    durationMs: live.durationMs,
    senderRecords: live.senders.map((sender, slot) => recordSender(sender, slot, live)),
    chunkRoot: fromHex(live.chunkRoot),
    rootSignature: live.rootSignature,
    estimate: reading && estimateRecord(reading.estimate, reading.startMs),
    sinceMs: reading && reading.sinceMs - reading.startMs,
    meanKbps: reading?.meanKbps,
    direct: reading?.direct && estimateRecord(reading.direct, reading.startMs),
    kernelTimestamps: live.kernelTimestamps,
    atOnce: live.atOnce,
    ipv6: live.ipv6,
    heard: live.heard,
    receiverHost: live.receiverHost,
    providerHosts: [...live.providerHosts],
    starvedMs: reading?.starvedMs ?? 0,
    overruns: reading?.overruns ?? 0,
    soakMs: live.soakMs,
  }
}

/** The record in its stored form, with its outcome. */
export const judgedRecord = (record: UnjudgedRecord, outcome: Outcome): SessionRecord => ({
  ...record,
  outcome: outcome.kind,
  reason: reasonOf(outcome),
})

/** The reason of an outcome; empty if the outcome has no reason. */
export const reasonOf = (outcome: Outcome): string => ('reason' in outcome ? outcome.reason : '')

function recordSender(sender: LiveSender, slot: number, live: LiveSession): SenderRecord {
  const { account, runs, haltedMs } = sender
  const { main, turn, control, direct } = runs
  const log = account.reveal?.log
  const isOrdinary = live.soakMs === undefined
  // In a soak, all control datagrams are evidence. In an ordinary session, those beside the reading.
  const fromMs = isOrdinary && live.reading ? live.reading.sinceMs : Number.NEGATIVE_INFINITY
  const flow = log && controlFlow(control, control.highest, log.control, { fromMs, toMs: haltedMs })
  return {
    ...account,
    chunks: [...main.chunks, ...turn.chunks].map(recordOf),
    control: control.chunks.map(recordOf),
    direct: direct.chunks.map(recordOf),
    jitterUs: main.jitterUs,
    hoarding: live.reading && isOrdinary ? hoardingFactor(main.transits, live.reading.estimate) : 1,
    riseMs: delayRiseMs(main.transits),
    delayMs: addedDelayMs(main.transits, control.transits),
    spanKbps: live.reading && isOrdinary ? rateWithin(main.chunks, live.reading.estimate, live.ipv6) : 0,
    ...{ host: sender.host, small: sender.small },
    controlFlow: flow,
    turn: recordTurn(sender, slot, live),
  }
}

/** Mean rate of the datagrams that arrived within a span, kbit/s at the IP layer. */
function rateWithin(chunks: readonly Chunk[], { fromMs, toMs }: Span, ipv6: boolean): number {
  if (toMs <= fromMs) return 0
  let datagrams = 0
  for (const { arrivals } of chunks) for (const ms of arrivals) if (ms >= fromMs && ms < toMs) datagrams++
  return (datagrams * ipDatagramBytes(ipv6) * 8) / (toMs - fromMs)
}

function recordTurn(
  { account, runs: { turn, control }, turnRead }: LiveSender,
  slot: number,
  { soakMs, reading, senders }: LiveSession,
): TurnRecord | undefined {
  if (soakMs === undefined || !reading || !turnRead) return undefined
  const ownControl = turnControl(control, account.reveal?.log.control ?? [], turnOf(soakMs, senders.length, slot))
  return {
    estimate: estimateRecord(turnRead.estimate, reading.startMs),
    crowdKbps: [...turnRead.crowdKbps],
    riseMs: delayRiseMs(turn.transits),
    controlRiseMs: ownControl?.riseMs ?? 0,
  }
}

const estimateRecord = ({ rateKbps, windows, fromMs, toMs }: Estimate, startMs: number): EstimateRecord => ({
  ...{ rateKbps, windows },
  ...{ fromMs: fromMs - startMs, toMs: toMs - startMs },
})
