/** The session protocol: an opener (a sender, a verifier with a heartbeat, a user) and a provider. */
import { codec } from './codec.js'
import { KIB } from './limits.js'

export interface RelayOpen {
  sessionId: Uint8Array
  nextHopHost: string
  nextHopPort: number
  budgetBytes: number
  rateKbps: number
  durationMs: number
  /** account, 20 bytes */
  provider: Uint8Array
  /** see token.ts; zeros without one */
  token: Uint8Array
  /** id of the lane that the session uses, 32 bytes; undefined for none */
  lane?: Uint8Array | undefined
  /** of the lane's key over `laneSessionDigest`: r, s and v; given with the lane */
  laneSignature?: Uint8Array | undefined
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
  /** peer id */
  opener: string
  /** an address literal or a host name; undefined for the host of the libp2p connection */
  udpHost?: string | undefined
}
export interface RelayRefuse {
  sessionId: Uint8Array
  reason: number
  signature: Uint8Array
  /** peer id */
  opener: string
}
export interface RelayReady {
  sessionId: Uint8Array
  signature: Uint8Array
}
export interface Receipt {
  sessionId: Uint8Array
  sequence: number
  bytes: number
  elapsedMs: number
  head: Uint8Array
  signature: Uint8Array
}
export interface CounterReceipt {
  sessionId: Uint8Array
  bytes: number
  head: Uint8Array
  elapsedMs: number
  signature: Uint8Array
  /** id of the channel that pays, 32 bytes; undefined in a probe */
  channel?: Uint8Array | undefined
  /** bytes of the channel so far; given with the channel */
  total?: number | undefined
}
export interface RelayFinish {
  sessionId: Uint8Array
}
export interface ServedSlots {
  /** of the lane, so far */
  slots: number
  signature: Uint8Array
}
/** Exactly one field is set. */
export interface OpenerFrame {
  finish?: RelayFinish
  counter?: CounterReceipt
  served?: ServedSlots
}
/** Exactly one field is set. */
export interface RelayFrame {
  grant?: RelayGrant
  refuse?: RelayRefuse
  ready?: RelayReady
  receipt?: Receipt
  finish?: RelayFinish
}

export const RelayOpen = codec<RelayOpen>('RelayOpen', KIB)
export const OpenerFrame = codec<OpenerFrame>('OpenerFrame', 256)
export const RelayFrame = codec<RelayFrame>('RelayFrame', KIB)
