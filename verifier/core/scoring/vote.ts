/** From the result of a session to the vote that its receiver signs. */
import type { Measurement, NoPathReason, Outcome, SessionResult } from '../../../probe/verdict/outcome.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { CAUSE, type CauseCode, OUTCOME, type OutcomeCode, type Vote } from '../../../proto/vote.js'
import { linkOf } from '../link.js'
import { bitCount } from './bit-count.js'

export interface VoteInput {
  readonly epoch: number
  readonly provider: Hex
  readonly receiver: number
  /** undefined if no session ran: no round had room for it, or this node was down */
  readonly result: Pick<SessionResult, 'outcome' | 'evidence'> | undefined
  /** the try that the vote does not rest on; undefined if there was none */
  readonly other: Pick<SessionResult, 'outcome' | 'evidence'> | undefined
  /** whether `result` is of the second try */
  readonly second: boolean
  /** bitmaps over the epoch's ticks, bit i for tick i */
  readonly ticksSent: bigint
  readonly ticksAnswered: bigint
  readonly scheduleProof: Hex
  /** whether the epoch is a soak for this provider */
  readonly soak: boolean
}

const CAUSE_OF: Record<NoPathReason, CauseCode> = {
  family: CAUSE.family,
  'path-mtu': CAUSE.pathMtu,
  'udp-blocked': CAUSE.udpBlocked,
  refusals: CAUSE.refusals,
}
/** Causes of which heartbeats show that the path to the receiver has none. */
const LOST_ON_THE_WAY: ReadonlySet<NoPathReason> = new Set(['udp-blocked', 'path-mtu'])
const MAX_UINT16 = 0xffff
const MAX_UINT32 = 0xffffffff
const TICK_MASK = (1n << 256n) - 1n

export function makeVote(input: VoteInput): Vote {
  const { result, epoch, provider, receiver, scheduleProof } = input
  const ticksSent = input.ticksSent & TICK_MASK
  const ticksAnswered = input.ticksAnswered & ticksSent
  const { outcome, rateKbps } = readingOf(result?.outcome, ticksSent, ticksAnswered)
  const other = input.other && readingOf(input.other.outcome, ticksSent, ticksAnswered)
  const measured = result && 'measurement' in result.outcome ? result.outcome.measurement : undefined
  const evidence = result?.evidence
  return {
    epoch,
    provider,
    receiver,
    outcome,
    rateKbps,
    ...fieldsOf(measured),
    unverifiableSenders: whole(evidence?.unverifiableSenders, MAX_UINT32),
    ticksSent,
    ticksAnswered,
    sessionId: evidence?.sessionId ?? ZERO_HASH,
    chunkRoot: evidence?.chunkRoot ?? ZERO_HASH,
    keyCommitments: evidence?.keyCommitments ?? ZERO_HASH,
    receiptHead: evidence?.receiptHead ?? ZERO_HASH,
    soak: input.soak,
    scheduleProof,
    link: linkOf(evidence?.providerHost),
    attempts: (result ? 1 : 0) + (other ? 1 : 0),
    cause:
      outcome === OUTCOME.noPath && result?.outcome.kind === 'no-path' ? CAUSE_OF[result.outcome.reason] : CAUSE.none,
    sessionPeers: evidence?.sessionPeers ?? ZERO_HASH,
    otherOutcome: other?.outcome ?? 0,
    otherKbps: other?.rateKbps ?? 0,
    otherUnverifiable: whole(input.other?.evidence.unverifiableSenders, MAX_UINT32),
    second: input.second,
  }
}

function readingOf(
  outcome: Outcome | undefined,
  ticksSent: bigint,
  ticksAnswered: bigint,
): Pick<Vote, 'outcome' | 'rateKbps'> {
  if (outcome === undefined) return { outcome: OUTCOME.noData, rateKbps: 0 }
  const code = codeOf(outcome, ticksSent, ticksAnswered)
  // Bytes that no sender committed to are no rate, however many arrived.
  const isRate = 'measurement' in outcome && code !== OUTCOME.garbage
  return { outcome: code, rateKbps: isRate ? whole(outcome.measurement.rateKbps, MAX_UINT32) : 0 }
}

function codeOf(outcome: Outcome, ticksSent: bigint, ticksAnswered: bigint): OutcomeCode {
  switch (outcome.kind) {
    case 'verified':
      return OUTCOME.verified
    case 'under':
      return OUTCOME.under
    case 'at-least':
      return OUTCOME.atLeast
    case 'refused':
      return OUTCOME.refused
    case 'dead':
      return OUTCOME.dead
    case 'garbage':
      return OUTCOME.garbage
    case 'no-path':
      // A provider whose heartbeats come through must gain nothing by dropping all else. Heartbeats are full datagrams.
      return LOST_ON_THE_WAY.has(outcome.reason) && wasUp(ticksSent, ticksAnswered) ? OUTCOME.dead : OUTCOME.noPath
    case 'no-data':
      // A provider must gain nothing by hanging up instead of refusing.
      return outcome.reason === 'provider-unreachable' && wasUp(ticksSent, ticksAnswered)
        ? OUTCOME.refused
        : OUTCOME.noData
  }
}

/** The provider answered at least half of the heartbeats. */
function wasUp(ticksSent: bigint, ticksAnswered: bigint): boolean {
  const sent = bitCount(ticksSent)
  return sent > 0 && bitCount(ticksAnswered) * 2 >= sent
}

function fieldsOf(measured: Measurement | undefined) {
  return {
    goodputKbps: whole(measured?.goodputKbps, MAX_UINT32),
    lossBps: whole(measured?.lossBps, MAX_UINT16),
    jitterUs: whole(measured?.jitterUs, MAX_UINT32),
    delayUs: whole(measured?.delayUs, MAX_UINT32),
    offeredKbps: whole(measured?.offeredKbps, MAX_UINT32),
    controlLossBps: whole(measured?.controlLossBps, MAX_UINT16),
    controlDelayUs: whole(measured?.controlDelayUs, MAX_UINT32),
    directKbps: whole(measured?.directKbps, MAX_UINT32),
  }
}

/** `value` rounded down to a whole number that its field can hold; 0 if the value is absent or NaN. */
function whole(value: number | undefined, max: number): number {
  if (value === undefined || Number.isNaN(value)) return 0
  return Math.min(max, Math.max(0, Math.floor(value)))
}
