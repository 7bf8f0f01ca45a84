/** A receiver’s whole record of one session, from which anybody can check its vote again. */
import { codec } from './codec.js'
import { KIB } from './limits.js'
import type { ChunkRecord, ProbeRelay, ProbeReveal } from './probe.js'
import type { CounterReceipt } from './relay.js'

export interface EstimateRecord {
  rateKbps: number
  windows: number
  /** first of the windows that the rate stands for */
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
  /**
   * delay that the way through the provider adds to the direct path, standing queues included; undefined if the sender
   * has no verified control datagrams
   */
  delayMs?: number | undefined
  /** pace of the data's arrivals, divided by the pace of its sending; 1 if nothing was verified */
  hoarding: number
  /** mean rate of the sender's main data over the span of an ordinary reading, kbit/s at the IP layer */
  spanKbps: number
  /** host that the provider's challenge to the sender's session came from; undefined if none came */
  host?: string | undefined
  /** size probes that arrived through the provider, if nothing longer did; none are sent if data arrived */
  small?: number | undefined
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
  controlFlow?: { sent: number; spanMs: number; riseMs: number; fromMs: number } | undefined
  turn?: TurnRecord | undefined
}
/** The part of a session's record that is evidence as it stands. Times in ms since the senders were told to start. */
export interface SessionReadings {
  claimKbps: number
  /** the slashing threshold, in basis points of the claim */
  breachBps: number
  /** a low reading of an ordinary session is measured for at least so long after its discard */
  yieldMs: number
  /** length of a soak; undefined for an ordinary session */
  soakMs?: number | undefined
  /** undefined if no data was asked for; in a soak, the estimate of the middle turn */
  estimate?: EstimateRecord | undefined
  /** end of the discard; undefined if no data was asked for */
  sinceMs?: number | undefined
  /** mean rate since the discard; undefined in a soak, or if no data was asked for */
  meanKbps?: number | undefined
  /** of the direct probe; undefined if there was none */
  direct?: EstimateRecord | undefined
  /** the kernel took the arrival times; other times are too rough to measure delay */
  kernelTimestamps: boolean
  /**
   * Other receivers measured at the same time, and the network adds up all their readings. So the receiver's share does
   * not cap its reading, and how the provider splits its traffic among receivers does not matter.
   */
  atOnce: boolean
  /** the provider's datagrams came over IPv6 */
  ipv6: boolean
  /** a provider has reached the receiver's port at some time */
  heard: boolean
  /** for how long the receiver's event loop stood still while it measured */
  starvedMs: number
  /**
   * datagrams for which the receiver's own port had no room during the reading (in a soak, during the readings of all
   * turns), whoever sent them
   */
  overruns: number
}
export interface SessionRecord extends SessionReadings {
  /** address literal that the receiver gave the senders as the next hop */
  receiverHost: string
  /** address literals that the provider's announcement stands for; empty if the receiver knows none */
  providerHosts: string[]
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
  receiverPeer: string
  senderPeers: string[]
  receiverAccount: Uint8Array
  session: SessionRecord
  vote: Uint8Array
}

/** Enough for a session that carried 10 GB. */
export const Transcript = codec<Transcript>('Transcript', 48 * KIB * KIB)
