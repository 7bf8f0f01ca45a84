/** What a crowd of strangers is told, and what it answers. */
import type { Hex } from '../../proto/hex.js'
import type { PeerAddress } from '../../verifier/net/streams.js'

export interface Attack {
  /** the provider */
  readonly target: PeerAddress
  readonly account: Hex
  readonly claimKbps: number
  /** data that the strangers send to the provider, all together */
  readonly floodKbps: number
  /** where each stranger comes from */
  readonly hosts: readonly string[]
  /** streams that a stranger opens on each of its connections */
  readonly streams: number
}

/** Counts since the attack began. */
export interface CrowdReport {
  /** libp2p keys, each with a connection of its own */
  readonly keys: number
  /** connections that the provider refused or ended before anything was opened on them */
  readonly shutOut: number
  /** TCP connections that shook no hands */
  readonly mute: number
  readonly openings: number
  readonly granted: number
  readonly refused: number
  /** openings that got no answer */
  readonly unanswered: number
  readonly sentDatagrams: number
}

export type CrowdOrder = { readonly attack: Attack } | { readonly stop: true }
export type CrowdAnswer = { readonly ready: true } | { readonly report: CrowdReport }
