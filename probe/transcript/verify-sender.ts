/**
 * What one sender did, as a transcript shows it: the sender's data is made again from its key, and everything is
 * checked that the sender, the provider and the receiver signed about it.
 */
import { ipDatagramBytes } from '../../proto/datagram.js'
import type { CounterReceipt, ProbeRelay, Receipt, SenderRecord, SessionRecord } from '../../proto/messages.js'
import { LOG_INTERVAL_MS, OVERHEAD_MS } from '../constants.js'
import type { AnswerVerifier, PeerVerifier, VoucherVerifier } from '../ports.js'
import { checkReceipts, isCounterOf, voucherOf } from '../wire/receipts.js'
import { isGrantOf, isRefusalOf } from '../wire/relay-client.js'
import { relaySessionId } from '../wire/statements.js'
import type { Check } from './check.js'
import type { VerifiedSender } from './conclude.js'
import type { VerifiedRun } from './facts.js'
import { type ListedRuns, verifyRuns } from './listed-runs.js'
import { isCommitted, isSigned } from './reveal.js'

/** Whose signatures a transcript must carry. */
export interface TranscriptKeys {
  /** in slot order */
  readonly senders: readonly PeerVerifier[]
  readonly receiver: PeerVerifier
  readonly provider: AnswerVerifier
  readonly providerVouchers: VoucherVerifier
  readonly receiverVouchers: VoucherVerifier
}

/** One sender, as the transcript shows it. */
export interface SenderVerification extends VerifiedSender {
  /** IP-layer bytes of the provider's last receipt; undefined unless the provider's receipts hold */
  readonly receiptBytes: number | undefined
  /** the same statements in the same order for every sender */
  readonly checks: readonly Check[]
}

export async function verifySender(
  { sessionId: wholeId, durationMs, ipv6 }: SessionRecord,
  record: SenderRecord,
  slot: number,
  listed: ListedRuns,
  keys: TranscriptKeys,
): Promise<SenderVerification> {
  const { answer, reveal, commitment, counter } = record
  const sessionId = relaySessionId(wholeId, slot)
  const runs = await verifyRuns(listed, reveal?.key, (durationMs + OVERHEAD_MS) * 1000)
  const arrived = runs.main.arrived + runs.turn.arrived
  const verified = runs.main.datagrams + runs.turn.datagrams
  const tag = answer?.grant?.tag
  const receiptHead = reveal && tag && (await checkReceipts(reveal.receipts, { sessionId, tag }, keys.providerVouchers))
  const lastReceipt = receiptHead && reveal?.receipts.at(-1)
  return {
    runs,
    receiptHead,
    receiptBytes: lastReceipt?.bytes,
    checks: [
      {
        what: 'the provider signed its answers',
        holds: await isAnswerSigned(answer, sessionId, keys.provider),
      },
      { what: 'data came only from senders that hold a grant', holds: !!tag || arrived === 0 },
      {
        what: 'every revealed key matches its commitment',
        holds: !reveal || isCommitted(reveal, wholeId, slot, commitment),
      },
      {
        what: 'each sender signed its key and its log',
        holds: !reveal || (await isSigned(reveal, wholeId, slot, keys.senders[slot] ?? nobody)),
      },
      {
        what: 'the receiver counter-signed the receipts over the bytes that it verified',
        holds: await isCounterSigned(lastReceipt, counter, verified * ipDatagramBytes(ipv6), keys.receiverVouchers),
      },
      {
        what: 'the control figures fit the datagrams that arrived, and the logs',
        holds: isControlFlowOf(record, runs.control),
      },
    ],
  }
}

const nobody: PeerVerifier = async () => false

/** Nobody signs that a provider could not be reached. */
async function isAnswerSigned(
  answer: ProbeRelay | undefined,
  sessionId: Uint8Array,
  provider: AnswerVerifier,
): Promise<boolean> {
  if (answer?.grant) return isGrantOf(answer.grant, sessionId, provider)
  return !answer?.refuse || isRefusalOf(answer.refuse, sessionId, provider)
}

/** The record has a counter-signature if and only if the provider's receipts hold. */
async function isCounterSigned(
  last: Receipt | undefined,
  counter: CounterReceipt | undefined,
  verifiedBytes: number,
  receiver: VoucherVerifier,
): Promise<boolean> {
  if (!last || !counter) return !last && !counter
  const isOfLast = isCounterOf(counter, last) && counter.bytes === verifiedBytes
  return isOfLast && receiver(voucherOf(counter), counter.signature)
}

/**
 * There is a flow exactly where verified control datagrams arrived and the log does not contradict them: see
 * `controlFlow`.
 */
function isControlFlowOf({ controlFlow, reveal }: SenderRecord, { datagrams, highest }: VerifiedRun): boolean {
  const log = reveal?.log.control ?? []
  const logged = sum(log)
  const isCredible = datagrams > 0 && highest < logged
  if (!controlFlow) return !isCredible
  const before = sum(log.slice(0, controlFlow.fromMs / LOG_INTERVAL_MS))
  const sent = before + controlFlow.sent
  return isCredible && controlFlow.fromMs % LOG_INTERVAL_MS === 0 && sent > highest && sent <= logged
}

const sum = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0)
