/** What a receiver keeps of a session, whatever came of it: enough for anybody to check the vote again (verify.ts). */
import { fromHex, type Hex } from '../../proto/hex.js'
import type { EstimateRecord, SenderRecord, SessionRecord } from '../../proto/messages.js'
import type { SessionParties } from '../ports.js'
import type { Estimate } from '../verdict/estimator.js'
import type { SessionFacts } from '../verdict/judge.js'
import type { Outcome } from '../verdict/outcome.js'

export interface TranscriptParts {
  readonly parties: SessionParties
  readonly sessionId: Hex
  readonly nonce: Hex
  /** most that data may flow for */
  readonly durationMs: number
  readonly senderRecords: readonly SenderRecord[]
  readonly chunkRoot: Hex
  /** undefined where no data was asked for */
  readonly rootSignature: Uint8Array | undefined
  readonly facts: SessionFacts
  readonly outcome: Outcome
}

export function recordSession(parts: TranscriptParts): SessionRecord {
  const { parties, facts, outcome } = parts
  return {
    sessionId: fromHex(parts.sessionId),
    nonce: fromHex(parts.nonce),
    epoch: parties.epoch,
    provider: fromHex(parties.provider),
    receiver: parties.receiver,
    senders: [...parties.senders],
    claimKbps: facts.claimKbps,
    breachBps: facts.breachBps,
    durationMs: parts.durationMs,
    senderRecords: [...parts.senderRecords],
    chunkRoot: fromHex(parts.chunkRoot),
    rootSignature: parts.rootSignature,
    estimate: facts.estimate && estimateRecord(facts.estimate, facts.startMs),
    direct: facts.direct && estimateRecord(facts.direct, facts.startMs),
    kernelTimestamps: facts.kernelTimestamps,
    atOnce: facts.atOnce,
    heard: facts.heard,
    starvedMs: facts.starvedMs,
    soakMs: facts.soakMs,
    outcome: outcome.kind,
    reason: reasonOf(outcome),
  }
}

/** Empty for an outcome that needs none. */
export const reasonOf = (outcome: Outcome): string => ('reason' in outcome ? outcome.reason : '')

/** @param startMs when the senders were told to start */
export const estimateRecord = ({ rateKbps, windows, fromMs, toMs }: Estimate, startMs: number): EstimateRecord => ({
  ...{ rateKbps, windows },
  ...{ fromMs: fromMs - startMs, toMs: toMs - startMs },
})
