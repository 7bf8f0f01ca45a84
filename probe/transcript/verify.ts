/**
 * A session's transcript checked again, without its receiver: every byte is made again from the revealed keys, every
 * signature verified, and the outcome judged anew. What stays the receiver's own word is time: when data arrived, and so
 * the reading, is on no other clock than its own.
 */
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { toHex } from '../../proto/hex.js'
import type { SessionRecord } from '../../proto/messages.js'
import { publish } from '../chunks/publish.js'
import { evidenceOf } from '../verdict/evidence.js'
import { judge, type SenderEvidence, type SessionFacts } from '../verdict/judge.js'
import type { Outcome, SessionEvidence } from '../verdict/outcome.js'
import { stopDigest } from '../wire/statements.js'
import type { Check } from './check.js'
import { reasonOf } from './record.js'
import { chunksListed, type TranscriptKeys, type VerifiedSender, verifySender } from './verify-sender.js'

export interface TranscriptVerification {
  readonly outcome: Outcome
  readonly evidence: SessionEvidence
  readonly senders: readonly VerifiedSender[]
  readonly checks: readonly Check[]
}

export async function verifyTranscript(record: SessionRecord, keys: TranscriptKeys): Promise<TranscriptVerification> {
  const listed = record.senderRecords.map(chunksListed)
  const senders: VerifiedSender[] = []
  for (const [slot, sender] of record.senderRecords.entries()) {
    senders.push(await verifySender(record, sender, slot, listed[slot]!, keys))
  }
  const facts = factsOf(record, senders)
  const outcome = judge(facts)
  const { root } = publish(listed)
  return {
    outcome,
    evidence: evidenceOf(
      toHex(record.sessionId),
      root,
      record.senderRecords.map(({ commitment }, slot) => ({ commitment, receiptHead: senders[slot]!.receiptHead })),
      facts.senders,
    ),
    senders,
    checks: [
      {
        what: 'there is one account of each sender',
        holds: record.senderRecords.length === record.senders.length && keys.senders.length === record.senders.length,
      },
      ...mergedChecks(senders),
      {
        what: 'the chunks listed are those of the published root',
        holds: listed.every(({ isWhole }) => isWhole) && root === toHex(record.chunkRoot),
      },
      { what: 'the receiver signed that root, before it was shown any key', holds: await isRootSigned(record, keys) },
      { what: 'the data that arrived is enough for the reading', holds: areReadingsBorneOut(facts) },
      {
        what: 'a soak has an account of every turn, and no other session has any',
        holds: record.senderRecords.every(({ turn }) => (turn !== undefined) === isSoakMeasured(record)),
      },
      {
        what: `the outcome judged from it is ${record.outcome}${record.reason && `, ${record.reason}`}`,
        holds: outcome.kind === record.outcome && reasonOf(outcome) === record.reason,
      },
    ],
  }
}

/** What the judge saw. @param senders verified */
const factsOf = (record: SessionRecord, senders: readonly VerifiedSender[]): SessionFacts => ({
  claimKbps: record.claimKbps,
  soakMs: record.soakMs,
  breachBps: record.breachBps,
  senders: senders.map(({ evidence }) => evidence),
  estimate: record.estimate,
  direct: record.direct,
  kernelTimestamps: record.kernelTimestamps,
  atOnce: record.atOnce,
  startMs: 0,
  heard: record.heard,
  starvedMs: record.starvedMs,
})

/** Where no data was asked for there are no turns. */
const isSoakMeasured = ({ soakMs, estimate }: SessionRecord): boolean => soakMs !== undefined && estimate !== undefined

/** A check of every sender, as one of all; they come in one order. */
const mergedChecks = (senders: readonly VerifiedSender[]): Check[] =>
  (senders[0]?.checks ?? []).map(({ what }, i) => ({ what, holds: senders.every(({ checks }) => checks[i]!.holds) }))

const isRootSigned = async (
  { sessionId, chunkRoot, rootSignature, estimate }: SessionRecord,
  { receiver }: TranscriptKeys,
): Promise<boolean> =>
  rootSignature ? receiver(stopDigest(sessionId, chunkRoot), rootSignature) : estimate === undefined

/**
 * At least half of the windows reached the median, and the rate of one is over at least half of its length: so a quarter
 * of the bytes that a reading stands for must have arrived.
 */
function areReadingsBorneOut({ estimate, direct, senders, soakMs }: SessionFacts): boolean {
  const isBorneOut = (reading: SessionFacts['estimate'], datagrams: number): boolean =>
    !reading || datagrams * IP_DATAGRAM_BYTES * 8 >= (reading.rateKbps * (reading.toMs - reading.fromMs)) / 4
  const total = (of: (sender: SenderEvidence) => number): number => senders.reduce((sum, sender) => sum + of(sender), 0)
  const isMainBorneOut =
    soakMs === undefined
      ? isBorneOut(
          estimate,
          total(({ arrived }) => arrived),
        )
      : senders.every(({ turn }) => isBorneOut(turn?.estimate, turn?.arrived ?? 0))
  return (
    isMainBorneOut &&
    isBorneOut(
      direct,
      total(sender => sender.direct.arrived),
    )
  )
}
