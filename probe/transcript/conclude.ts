/** The end of the pipeline, for a live session and for a transcript: from a record to an outcome and what goes into the vote. */
import { toHex } from '../../proto/hex.js'
import { evidenceOf } from '../verdict/evidence.js'
import { judge, type Standing } from '../verdict/judge.js'
import type { SessionResult } from '../verdict/outcome.js'
import type { SessionFacts } from '../verdict/session-facts.js'
import { factsOf, type UnjudgedRecord, type VerifiedRuns } from './facts.js'

/** One sender, checked. */
export interface VerifiedSender {
  readonly runs: VerifiedRuns
  /** h_j of the provider's last receipt; undefined unless the provider's receipts hold */
  readonly receiptHead: Uint8Array | undefined
}

export interface Conclusion extends Omit<SessionResult, 'record'> {
  readonly facts: SessionFacts
}

/** @param senders by slot */
export function conclude(
  record: UnjudgedRecord,
  senders: readonly VerifiedSender[],
  standing: Standing = {},
): Conclusion {
  const verified = senders.map(({ runs }) => runs)
  const facts = factsOf(record, verified)
  const statements = record.senderRecords.map(({ commitment, answer }, slot) => ({
    commitment,
    opener: (answer?.grant ?? answer?.refuse)?.opener,
    receiptHead: senders[slot]!.receiptHead,
  }))
  return {
    facts,
    outcome: judge(facts, standing),
    evidence: evidenceOf(toHex(record.sessionId), toHex(record.chunkRoot), statements, facts.senders),
  }
}
