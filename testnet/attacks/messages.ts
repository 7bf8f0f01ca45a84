/** What a process that floods is told, and what it answers. */
import type { NodeKeys } from '../../verifier/config/keys.js'

export const ATTACK_KINDS = [
  'bombs',
  'wrong-signatures',
  'stripped-ballots',
  'next-epoch',
  'streams',
  'connections',
  'sync-stall',
  'sync-bomb',
  'sync-poison',
] as const
export type AttackKind = (typeof ATTACK_KINDS)[number]

export interface AttackOrder {
  readonly kind: AttackKind
  /** path */
  readonly networkFile: string
  readonly rpcUrl: string
  /** of a registered verifier that runs no other process (default: the attacker is an outsider without stake) */
  readonly keys?: NodeKeys | undefined
}

/** Counts since the flood began. */
export interface AttackReport {
  /** messages, streams, connections or answers, by the kind of attack */
  readonly sent: number
  /** of them those that could not be sent: nobody took them, or the victim ended the stream */
  readonly refused: number
  /** how often a victim was gone: it disconnected the attacker, for the most part */
  readonly disconnected: number
}

export type AttackerOrder = { readonly prepare: AttackOrder } | { readonly begin: true } | { readonly end: true }
export type AttackerAnswer =
  | { readonly ready: true }
  | { readonly prepared: true }
  | { readonly begun: true }
  | { readonly report: AttackReport }
