/**
 * The messages' TypeScript types, their limits, and their codecs. A decoder accepts exactly one encoding of a message.
 * Protobuf alone would also accept unknown fields, repeated fields and padded varints. A message with many encodings
 * would have many gossip ids.
 */
import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'

// ---- session: sender and provider ----

export interface RelayOpen {
  sessionId: Uint8Array
  nextHopHost: string
  nextHopPort: number
  budgetBytes: number
  rateKbps: number
  durationMs: number
  sender: number
  /** any bytes: until the next hop has echoed, the relay sends it no more bytes than this message has */
  padding: Uint8Array
}
export interface RelayGrant {
  sessionId: Uint8Array
  tag: Uint8Array
  udpPort: number
  signature: Uint8Array
  rateKbps: number
  budgetBytes: number
}
export interface RelayRefuse {
  sessionId: Uint8Array
  reason: number
  signature: Uint8Array
}
export interface RelayReady {
  sessionId: Uint8Array
}
export interface Receipt {
  sessionId: Uint8Array
  sequence: number
  bytes: number
  root: Uint8Array
  elapsedMs: number
  head: Uint8Array
  signature: Uint8Array
  sender: number
}
export interface CounterReceipt {
  sessionId: Uint8Array
  sender: number
  bytes: number
  head: Uint8Array
  elapsedMs: number
  signature: Uint8Array
}
export interface RelayFinish {
  sessionId: Uint8Array
}
/** Exactly one field is set. */
export interface RelayFrame {
  grant?: RelayGrant
  refuse?: RelayRefuse
  ready?: RelayReady
  receipt?: Receipt
  finish?: RelayFinish
}

// ---- probe: receiver and sender ----

export interface ProbeInvite {
  sessionId: Uint8Array
  epoch: number
  provider: Uint8Array
  receiver: number
  slot: number
  host: string
  port: number
  rateKbps: number
  budgetBytes: number
  durationMs: number
  nonce: Uint8Array
  controlTag: Uint8Array
}
/** Exactly one is set. */
export interface ProbeRelay {
  grant?: RelayGrant
  refuse?: RelayRefuse
  unreachable?: string
}
export interface SendLog {
  intervalMs: number
  sent: number[]
  blocked: number[]
  errors: number[]
  control: number[]
}
export interface ProbeDirect {
  rateKbps: number
  durationMs: number
}
export interface ProbeReveal {
  key: Uint8Array
  log: SendLog
  receipts: Receipt[]
  signature: Uint8Array
}
export interface ChunkRecord {
  index: number
  arrivedLow: number
  arrivedHigh: number
  hash: Uint8Array
  maskedTimes: number[]
}
export interface ProbeOpenings {
  slotRoots: Uint8Array[]
  treeRoot: Uint8Array
  held: Uint8Array
  openings: { chunk: ChunkRecord; mismatched: boolean; proof: Uint8Array[] }[]
  signature: Uint8Array
}
export interface OpeningFault {
  sessionId: Uint8Array
  epoch: number
  receiver: number
  slot: number
  key: Uint8Array
  chunkRoot: Uint8Array
  rootSignature: Uint8Array
  openings: ProbeOpenings
  reason: string
}
/** Exactly one field is set; besides, a counter-signed receipt may come with the openings. */
export interface ProbeFrame {
  invite?: ProbeInvite
  accept?: { commitment: Uint8Array }
  decline?: { reason: string }
  relay?: ProbeRelay
  ready?: Record<string, never>
  start?: Record<string, never>
  stop?: { chunkRoot: Uint8Array; signature: Uint8Array }
  reveal?: ProbeReveal
  direct?: ProbeDirect
  openings?: ProbeOpenings
  counter?: CounterReceipt | undefined
}

// ---- transcripts ----

export interface EstimateRecord {
  rateKbps: number
  windows: number
  fromMs: number
  toMs: number
}
export interface TurnRecord {
  estimate: EstimateRecord
  crowdKbps: number[]
  riseMs: number
  controlRiseMs: number
}
/** The part of a sender's record that is evidence as it stands. */
export interface SenderReadings {
  /** the provider has validated the path to the receiver */
  ready: boolean
  jitterUs: number
  /** typical delay of the sender's data through the provider, above the shortest */
  riseMs: number
  /** pace of the data's arrivals, divided by the pace of its sending; 1 if nothing was verified */
  hoarding: number
}
export interface SenderRecord extends SenderReadings {
  rateKbps: number
  commitment?: Uint8Array | undefined
  answer?: ProbeRelay | undefined
  chunks: ChunkRecord[]
  reveal?: ProbeReveal | undefined
  counter?: CounterReceipt | undefined
  control: ChunkRecord[]
  direct: ChunkRecord[]
  controlFlow?: { sent: number; spanMs: number; riseMs: number } | undefined
  turn?: TurnRecord | undefined
}
/** The part of a session's record that is evidence as it stands. Times in ms since the senders were told to start. */
export interface SessionReadings {
  claimKbps: number
  /** the slashing threshold, in basis points of the claim */
  breachBps: number
  /** length of a soak; undefined for an ordinary session */
  soakMs?: number | undefined
  /** undefined if no data was asked for; in a soak, the estimate of the middle turn */
  estimate?: EstimateRecord | undefined
  /** of the direct probe; undefined if there was none */
  direct?: EstimateRecord | undefined
  /** the kernel took the arrival times; other times are too rough to measure delay */
  kernelTimestamps: boolean
  /**
   * Other receivers measured at the same time, and the network adds up all their readings. So the receiver's share does
   * not cap its reading, and how the provider splits its traffic among receivers does not matter.
   */
  atOnce: boolean
  /** a provider has reached the receiver's port at some time */
  heard: boolean
  /** for how long the receiver's event loop stood still while it measured */
  starvedMs: number
}
export interface SessionRecord extends SessionReadings {
  sessionId: Uint8Array
  nonce: Uint8Array
  epoch: number
  provider: Uint8Array
  receiver: number
  senders: number[]
  durationMs: number
  senderRecords: SenderRecord[]
  chunkRoot: Uint8Array
  rootSignature?: Uint8Array | undefined
  outcome: string
  reason: string
}
export interface Transcript {
  chainId: string
  contract: Uint8Array
  era: number
  beacon: Uint8Array
  providerPeer: string
  receiverPeer: string
  senderPeers: string[]
  receiverAccount: Uint8Array
  session: SessionRecord
  vote: Uint8Array
}

// ---- gossip ----

export interface Commit {
  epoch: number
  verifier: number
  commitment: Uint8Array
  signature: Uint8Array
}
export interface Ballot {
  epoch: number
  verifier: number
  root: Uint8Array
  signature: Uint8Array
  schedule: Uint8Array
  votes: Uint8Array[]
}
export interface SeenListMessage {
  epoch: number
  verifier: number
  entries: { verifier: number; root: Uint8Array }[]
  signature: Uint8Array
}
export interface Proposal {
  epoch: number
  round: number
  leader: number
  header: Uint8Array
  lists: SeenListMessage[]
  signature: Uint8Array
}
export interface Partial {
  epoch: number
  round: number
  headerHash: Uint8Array
  verifier: number
  signature: Uint8Array
}
export interface Certificate {
  epoch: number
  round: number
  header: Uint8Array
  nonSigners: number[]
  signature: Uint8Array
}

// ---- sync ----

/** Exactly one is set. */
export interface SyncRequest {
  ballot?: Uint8Array
  leaves?: Uint8Array
  ballotSet?: Uint8Array
  gossip?: number
  transcript?: Uint8Array
}
export interface GossipItem {
  kind: string
  data: Uint8Array
}
export interface SyncResponse {
  found: boolean
  items: Uint8Array[]
}

/** Largest encoding that a decoder looks at, in bytes. */
const KIB = 1024
const MAX_BYTES = {
  RelayOpen: KIB,
  RelayFinish: 64,
  CounterReceipt: 256,
  RelayFrame: KIB,
  ProbeFrame: 256 * KIB, // a reveal with the receipts of a long session
  OpeningFault: 256 * KIB,
  Transcript: 48 * KIB * KIB, // enough for a session that carried 10 GB
  Commit: 256,
  Ballot: 256 * KIB, // gossip carries no ballot above MAX_GOSSIP_BALLOT_BYTES with its votes
  SeenList: 16 * KIB,
  Proposal: 2048 * KIB, // up to 191 seen lists of 191 entries
  Partial: 256,
  Certificate: 2 * KIB,
  SyncRequest: 64,
  GossipItem: 2048 * KIB,
  SyncResponse: 64 * KIB * KIB,
} as const

/** A ballot above this travels by root only. */
export const MAX_GOSSIP_BALLOT_BYTES = 128 * KIB
/** Most items that a repeated field may hold. */
const MAX_ITEMS = 4096
const MAX_ITEMS_OF: { [name in keyof typeof MAX_BYTES]?: number } = {
  SyncResponse: Number.POSITIVE_INFINITY,
  Transcript: 65_536, // chunks of one sender
}

export type MessageErrorCode = 'too-large' | 'malformed' | 'not-canonical' | 'wrong-size'

/** A message that a node cannot accept. The peer is at fault, so the node never stops because of it. */
export class MessageError extends Error {
  constructor(
    readonly code: MessageErrorCode,
    readonly type: string,
    detail: string,
  ) {
    super(`${type}: ${detail}`)
    this.name = 'MessageError'
  }
}

export interface Codec<T> {
  readonly name: string
  readonly maxBytes: number
  /** @throws MessageError `too-large` if the encoding exceeds `maxBytes` */
  encode(message: T): Uint8Array
  /** The result shares no memory with `bytes`. @throws MessageError */
  decode(bytes: Uint8Array): T
}

const root = protobuf.parse(readFileSync(new URL('./messages.proto', import.meta.url), 'utf8')).root

/** Bytes fields of fixed length. An absent field decodes to 0 bytes, so it fails this check. */
const FIXED_BYTES: Record<string, number> = {
  sessionId: 32,
  tag: 8,
  controlTag: 8,
  provider: 20,
  nonce: 32,
  commitment: 32,
  root: 32,
  head: 32,
  key: 16,
  chunkRoot: 32,
  headerHash: 32,
  hash: 32,
  slotRoots: 32,
  treeRoot: 32,
  proof: 32,
  contract: 20,
  beacon: 32,
  receiverAccount: 20,
  schedule: 96,
}

function codec<T extends object>(name: keyof typeof MAX_BYTES): Codec<T> {
  const type = root.lookupType(`bandwitness.v1.${name}`)
  const maxBytes = MAX_BYTES[name]
  const maxItems = MAX_ITEMS_OF[name] ?? MAX_ITEMS
  const encode = (message: T): Uint8Array => {
    const bytes = Uint8Array.from(type.encode(type.fromObject(message)).finish())
    if (bytes.length > maxBytes) throw new MessageError('too-large', name, `${bytes.length} > ${maxBytes} bytes`)
    return bytes
  }
  const decode = (bytes: Uint8Array): T => {
    if (bytes.length > maxBytes) throw new MessageError('too-large', name, `${bytes.length} > ${maxBytes} bytes`)
    let decoded: protobuf.Message
    try {
      decoded = type.decode(Uint8Array.from(bytes))
    } catch (cause) {
      throw new MessageError('malformed', name, (cause as Error).message)
    }
    const again = type.encode(decoded).finish()
    if (Buffer.compare(again, bytes) !== 0) throw new MessageError('not-canonical', name, 'another encoding exists')
    const message = type.toObject(decoded, { arrays: true, defaults: true, oneofs: false }) as T
    checkSizes(type, message as Record<string, unknown>, maxItems)
    return message
  }
  return { name, maxBytes, encode, decode }
}

function checkSizes(type: protobuf.Type, message: Record<string, unknown>, maxItems: number): void {
  for (const oneof of type.oneofsArray) {
    if (oneof.isProto3Optional) continue
    if (!oneof.fieldsArray.some(field => message[field.name] !== undefined)) {
      throw new MessageError('malformed', type.name, `none of ${oneof.oneof.join(', ')} is set`)
    }
  }
  for (const field of type.fieldsArray) {
    field.resolve()
    const value = message[field.name]
    if (value === undefined) {
      if (field.partOf === null || field.partOf === undefined) {
        throw new MessageError('malformed', type.name, `${field.name} is missing`)
      }
      continue
    }
    const values = field.repeated ? (value as unknown[]) : [value]
    if (values.length > maxItems) throw new MessageError('wrong-size', type.name, `${values.length} ${field.name}`)
    for (const one of values) {
      if (field.resolvedType instanceof protobuf.Type) {
        if (one === null) throw new MessageError('malformed', type.name, `${field.name} is missing`)
        checkSizes(field.resolvedType, one as Record<string, unknown>, maxItems)
      } else if (field.type === 'bytes') {
        const expected = FIXED_BYTES[field.name]
        const { length } = one as Uint8Array
        if (expected !== undefined && length !== expected) {
          throw new MessageError('wrong-size', type.name, `${field.name} of ${length} bytes, not ${expected}`)
        }
      }
    }
  }
}

export const RelayOpen = codec<RelayOpen>('RelayOpen')
export const RelayFinish = codec<RelayFinish>('RelayFinish')
export const RelayFrame = codec<RelayFrame>('RelayFrame')
export const CounterReceipt = codec<CounterReceipt>('CounterReceipt')
export const ProbeFrame = codec<ProbeFrame>('ProbeFrame')
export const OpeningFault = codec<OpeningFault>('OpeningFault')
export const Transcript = codec<Transcript>('Transcript')
export const Commit = codec<Commit>('Commit')
export const Ballot = codec<Ballot>('Ballot')
export const SeenListMessage = codec<SeenListMessage>('SeenList')
export const Proposal = codec<Proposal>('Proposal')
export const Partial = codec<Partial>('Partial')
export const Certificate = codec<Certificate>('Certificate')
export const SyncRequest = codec<SyncRequest>('SyncRequest')
export const GossipItem = codec<GossipItem>('GossipItem')
export const SyncResponse = codec<SyncResponse>('SyncResponse')
