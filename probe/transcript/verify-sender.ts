/**
 * What one sender did, as a transcript shows it: its data made again from its key, and everything checked that it, the
 * provider and the receiver signed about it.
 */

import { CHUNK_DATAGRAMS, CONTROL_CHUNK, IP_DATAGRAM_BYTES, TURN_CHUNK } from '../../proto/datagram.js'
import type {
  ChunkRecord,
  CounterReceipt,
  ProbeRelay,
  ProbeReveal,
  Receipt,
  SenderRecord,
  SessionRecord,
  TurnRecord,
} from '../../proto/messages.js'
import type { Chunk } from '../chunks/chunk.js'
import { hasArrived } from '../chunks/collect.js'
import { chunkOf } from '../chunks/records.js'
import { RUNS, type Run } from '../chunks/runs.js'
import { verifyChunks } from '../chunks/verify.js'
import { OVERHEAD_MS } from '../constants.js'
import type { PeerVerifier, VoucherVerifier } from '../ports.js'
import { type ControlFlow, turnControl } from '../verdict/control.js'
import { sentRateKbps } from '../verdict/hoarding.js'
import type { SenderEvidence } from '../verdict/judge.js'
import type { TurnEvidence } from '../verdict/judge-turns.js'
import { turnOf } from '../verdict/turns.js'
import { checkReceipts, isCounterOf, voucherOf } from '../wire/receipts.js'
import { isGrantOf, isRefusalOf } from '../wire/relay-client.js'
import { isWellFormed } from '../wire/send-log.js'
import { keyCommitment, revealDigest } from '../wire/statements.js'
import type { Verified } from '../wire/verified.js'
import type { Check } from './check.js'

/** Whose signatures a transcript must carry. */
export interface TranscriptKeys {
  /** in slot order */
  readonly senders: readonly PeerVerifier[]
  readonly receiver: PeerVerifier
  readonly provider: PeerVerifier
  readonly providerVouchers: VoucherVerifier
  readonly receiverVouchers: VoucherVerifier
}

/** One sender, as the transcript shows it. */
export interface VerifiedSender {
  readonly evidence: SenderEvidence
  readonly receiptHead: Uint8Array | undefined
  /** IP-layer bytes of the provider's last receipt, if its receipts hold */
  readonly receiptBytes: number | undefined
  readonly checks: readonly Check[]
}

/** What a transcript says arrived from one sender. */
export type Listed = Readonly<Record<Run, readonly Chunk[]>> & {
  /** every entry makes sense, and they ascend */
  readonly isWhole: boolean
}

export function chunksListed({ chunks, control, direct }: SenderRecord): Listed {
  const isOfTurn = ({ index }: ChunkRecord): boolean => index >= TURN_CHUNK
  const parsed = {
    main: chunks.filter(chunk => !isOfTurn(chunk)).map(chunkOf),
    control: control.map(chunkOf),
    direct: direct.map(chunkOf),
    turn: chunks.filter(isOfTurn).map(chunkOf),
  }
  const sane = (run: Run) => parsed[run].filter(chunk => chunk !== undefined)
  const isWhole = RUNS.every(run => sane(run).length === parsed[run].length && isAscending(sane(run)))
  return { main: sane('main'), control: sane('control'), direct: sane('direct'), turn: sane('turn'), isWhole }
}

export async function verifySender(
  { sessionId, durationMs, soakMs, senders }: SessionRecord,
  {
    answer,
    reveal,
    commitment,
    counter,
    ready,
    jitterUs,
    hoarding,
    riseMs,
    controlFlow,
    turn: turnRecord,
  }: SenderRecord,
  slot: number,
  listed: Listed,
  keys: TranscriptKeys,
): Promise<VerifiedSender> {
  const arrived = countOf(listed.main) + countOf(listed.turn)
  const verified = async (run: Run): Promise<Verified | undefined> =>
    reveal && verifyChunks(reveal.key, listed[run], (durationMs + OVERHEAD_MS) * 1000)
  const [main, control, direct] = [await verified('main'), await verified('control'), await verified('direct')]
  const ofTurn = await verified('turn')
  const due = soakMs === undefined ? undefined : turnOf(soakMs, senders.length, slot)
  const controlArrived = control?.datagrams ?? 0
  const flow = controlFlow && { ...controlFlow, arrived: controlArrived }
  const tag = answer?.grant?.tag
  const receiptHead =
    reveal && tag && (await checkReceipts(reveal.receipts, { sessionId, tag, sender: slot }, keys.providerVouchers))
  const lastReceipt = receiptHead && reveal?.receipts.at(-1)
  return {
    evidence: {
      answer: answerOf(answer),
      ready,
      arrived,
      highest: highestOf(listed.main, 0),
      verified: (main?.datagrams ?? 0) + (ofTurn?.datagrams ?? 0),
      turn:
        due &&
        turnRecord &&
        turnOfRecord(turnRecord, {
          arrived: countOf(listed.turn),
          highest: highestOf(listed.turn, TURN_CHUNK),
          verified: ofTurn?.datagrams ?? 0,
          sentKbps: ofTurn ? sentRateKbps(ofTurn.datagrams, ofTurn.transits) : 0,
          control: control && turnControl(control, reveal?.log.control ?? [], due),
        }),
      log: reveal?.log,
      jitterUs,
      hoarding,
      riseMs,
      control: flow,
      direct: { arrived: countOf(listed.direct), verified: direct?.datagrams ?? 0 },
    },
    receiptHead,
    receiptBytes: lastReceipt?.bytes,
    checks: [
      {
        what: 'what the provider answered carries its signature',
        holds: await isAnswerSigned(answer, sessionId, keys.provider),
      },
      { what: 'data came only from senders whom the provider had granted it', holds: !!tag || arrived === 0 },
      { what: 'every key shown is the one committed to', holds: isCommitted(reveal, sessionId, slot, commitment) },
      {
        what: 'every key and log is signed by its sender',
        holds: await isRevealSigned(reveal, sessionId, slot, keys.senders[slot]),
      },
      {
        what: 'receipts that hold are counter-signed over the bytes that were hashed',
        holds: await isCounterSigned(lastReceipt, counter, arrived * IP_DATAGRAM_BYTES, keys.receiverVouchers),
      },
      {
        what: 'what is said of control datagrams fits those that arrived, and the logs',
        holds: isControlOf(flow, controlArrived, highestOf(listed.control, CONTROL_CHUNK), reveal?.log.control ?? []),
      },
    ],
  }
}

/** Delays are the receiver's word. */
const turnOfRecord = (
  { estimate, crowdKbps, riseMs, controlRiseMs }: TurnRecord,
  { control, ...found }: Pick<TurnEvidence, 'arrived' | 'highest' | 'verified' | 'sentKbps' | 'control'>,
): TurnEvidence => ({
  ...found,
  ...{ estimate, crowdKbps, riseMs },
  control: control && { ...control, riseMs: controlRiseMs },
})

function answerOf(answer: ProbeRelay | undefined): SenderEvidence['answer'] {
  if (answer?.grant) return 'granted'
  if (answer?.refuse) return 'refused'
  return answer ? 'unreachable' : 'missing'
}

/** That a provider could not be reached is signed by nobody. */
async function isAnswerSigned(
  answer: ProbeRelay | undefined,
  sessionId: Uint8Array,
  provider: PeerVerifier,
): Promise<boolean> {
  if (answer?.grant) return isGrantOf(answer.grant, sessionId, provider)
  return !answer?.refuse || isRefusalOf(answer.refuse, sessionId, provider)
}

const isCommitted = (
  reveal: ProbeReveal | undefined,
  sessionId: Uint8Array,
  slot: number,
  commitment: Uint8Array | undefined,
): boolean =>
  !reveal || Buffer.compare(keyCommitment(sessionId, slot, reveal.key), commitment ?? new Uint8Array()) === 0

async function isRevealSigned(
  reveal: ProbeReveal | undefined,
  sessionId: Uint8Array,
  slot: number,
  sender: PeerVerifier | undefined,
): Promise<boolean> {
  if (!reveal) return true
  if (!sender || !isWellFormed(reveal.log)) return false
  return sender(revealDigest(sessionId, slot, reveal.key, reveal.log), reveal.signature)
}

/** There is a counter-signature exactly where there are receipts that hold. */
async function isCounterSigned(
  last: Receipt | undefined,
  counter: CounterReceipt | undefined,
  hashedBytes: number,
  receiver: VoucherVerifier,
): Promise<boolean> {
  if (!last || !counter) return !last && !counter
  const isOfLast = isCounterOf(counter, last) && counter.bytes === hashedBytes
  return isOfLast && receiver(voucherOf(counter), counter.signature)
}

/** A flow is told of exactly if something arrived that the log does not contradict: see `controlFlow`. */
function isControlOf(flow: ControlFlow | undefined, arrived: number, highest: number, log: readonly number[]): boolean {
  const logged = log.reduce((sum, n) => sum + n, 0)
  const isCredible = arrived > 0 && highest < logged
  return flow ? isCredible && flow.sent > highest && flow.sent <= logged : !isCredible
}

const isAscending = (chunks: readonly Chunk[]): boolean =>
  chunks.every(({ index }, i) => i === 0 || index > chunks[i - 1]!.index)

const countOf = (chunks: readonly Chunk[]): number => chunks.reduce((sum, { count }) => sum + count, 0)

/** Highest sequence number, or −1. @param firstChunk where the run begins */
function highestOf(chunks: readonly Chunk[], firstChunk: number): number {
  const last = chunks.at(-1)
  if (!last) return -1
  const places = Array.from({ length: CHUNK_DATAGRAMS }, (_, place) => place)
  return (last.index - firstChunk) * CHUNK_DATAGRAMS + places.findLast(place => hasArrived(last.bitmap, place))!
}
