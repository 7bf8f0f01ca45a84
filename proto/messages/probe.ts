/** The probe protocol: a receiver and one of its senders. */
import { codec } from './codec.js'
import { KIB } from './limits.js'
import type { CounterReceipt, Receipt, RelayGrant, RelayRefuse } from './relay.js'

export interface ProbeInvite {
  sessionId: Uint8Array
  epoch: number
  provider: Uint8Array
  receiver: number
  slot: number
  host: string
  port: number
  nonce: Uint8Array
  controlTag: Uint8Array
  /** known to this sender and the receiver alone */
  headerKey: Uint8Array
  /** any bytes: until the receiver has echoed, the sender sends it no more bytes than this message has */
  padding: Uint8Array
}
/** Exactly one of grant, refuse and unreachable is set. */
export interface ProbeRelay {
  grant?: RelayGrant
  refuse?: RelayRefuse
  unreachable?: string
  /** the sender showed the provider a token */
  token?: boolean
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
  sizes?: Record<string, never>
  openings?: ProbeOpenings
  counter?: CounterReceipt | undefined
}

/** An invitation has about 900 bytes, 600 of them padding. */
export const MAX_INVITE_BYTES = KIB
/** Enough for a reveal with the receipts of a long session. */
export const ProbeFrame = codec<ProbeFrame>('ProbeFrame', 256 * KIB)
export const OpeningFault = codec<OpeningFault>('OpeningFault', 256 * KIB)
