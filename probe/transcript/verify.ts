/**
 * A session's transcript, verified without its receiver: every byte is made again from the revealed keys, every signature
 * is checked, and the session is judged anew. Only time remains the receiver's own word: no clock but its own has seen when
 * the data arrived, and the reading follows from that.
 */
import { toHex } from '../../proto/hex.js'
import type { SessionRecord } from '../../proto/messages.js'
import { publish } from '../chunks/publish.js'
import { commonHost } from '../verdict/common-host.js'
import type { Outcome, SessionEvidence } from '../verdict/outcome.js'
import type { SenderEvidence, SessionFacts } from '../verdict/session-facts.js'
import { stopDigest } from '../wire/statements.js'
import type { Check } from './check.js'
import { conclude } from './conclude.js'
import { listedRuns } from './listed-runs.js'
import { areReadingsSupported } from './readings.js'
import { reasonOf } from './record.js'
import { type SenderVerification, type TranscriptKeys, verifySender } from './verify-sender.js'

export interface TranscriptVerification {
  readonly outcome: Outcome
  readonly evidence: SessionEvidence
  /** by slot */
  readonly senders: readonly {
    readonly evidence: SenderEvidence
    /** IP-layer bytes of the provider's last receipt; undefined unless the provider's receipts hold */
    readonly receiptBytes: number | undefined
  }[]
  readonly checks: readonly Check[]
}

/** Never throws, whatever the record holds: a false record fails a check. */
export async function verifyTranscript(whole: SessionRecord, keys: TranscriptKeys): Promise<TranscriptVerification> {
  // Records beyond the senders fail the first check: nobody need make their data again.
  const record = { ...whole, senderRecords: whole.senderRecords.slice(0, whole.senders.length) }
  const listed = record.senderRecords.map(listedRuns)
  const senders: SenderVerification[] = []
  for (const [slot, sender] of record.senderRecords.entries()) {
    senders.push(await verifySender(record, sender, slot, listed[slot]!, keys))
  }
  const { outcome, evidence, facts } = conclude(record, senders)
  return {
    outcome,
    evidence,
    senders: senders.map(({ receiptBytes }, slot) => ({ evidence: facts.senders[slot]!, receiptBytes })),
    checks: [
      {
        what: 'there is one record for each sender',
        holds: [whole.senderRecords, keys.senders].every(({ length }) => length === whole.senders.length),
      },
      ...mergedChecks(senders),
      { what: 'data came from the host that enough senders’ sessions showed', holds: cameFromCommonHost(facts) },
      {
        what: 'the listed chunks have the published root',
        holds: listed.every(({ isWhole }) => isWhole) && publish(listed).root === toHex(record.chunkRoot),
      },
      { what: 'the receiver signed this root before any key was revealed', holds: await isRootSigned(record, keys) },
      { what: 'enough data arrived for the reading', holds: areReadingsSupported(facts) },
      {
        what: 'a soak has a record of every turn, and no other session has one',
        holds: record.senderRecords.every(({ turn }) => (turn !== undefined) === isSoakMeasured(record)),
      },
      {
        what: `the record gives the outcome ${record.outcome}${record.reason && `, ${record.reason}`}`,
        holds: outcome.kind === record.outcome && reasonOf(outcome) === record.reason,
      },
    ],
  }
}

function cameFromCommonHost({ senders }: SessionFacts): boolean {
  const host = commonHost(senders.map(sender => sender.host))
  return senders.every(sender => sender.arrived === 0 || (sender.host !== undefined && sender.host === host))
}

/** A session in which no data was asked for has no turns. */
const isSoakMeasured = ({ soakMs, estimate }: SessionRecord): boolean => soakMs !== undefined && estimate !== undefined

/** The checks of all senders as one list: a check holds if it holds for every sender. */
const mergedChecks = (senders: readonly SenderVerification[]): Check[] =>
  (senders[0]?.checks ?? []).map(({ what }, i) => ({ what, holds: senders.every(({ checks }) => checks[i]!.holds) }))

const isRootSigned = async (
  { sessionId, chunkRoot, rootSignature, estimate }: SessionRecord,
  { receiver }: TranscriptKeys,
): Promise<boolean> =>
  rootSignature ? receiver(stopDigest(sessionId, chunkRoot), rootSignature) : estimate === undefined
