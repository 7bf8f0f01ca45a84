/** The messages between the bench and the processes of its roles: one answer to each order. Times on CLOCK_MONOTONIC, ms. */
import type { Address, LegDeath, Mode } from '../../../probe/tunnel/index.js'

export const ROLES = ['client', 'relay', 'exit'] as const
export type Role = (typeof ROLES)[number]

export interface RoleOptions {
  readonly role: Role
  readonly host: string
  /** of relays, at the IP layer: each of the two sessions of a leg gets this rate */
  readonly grantKbps?: number
}

/** Byte strings are in hexadecimal. */
export interface ExitFacts extends Address {
  readonly publicKey: string
  readonly certHash: string
}

export interface Death {
  readonly path: number
  readonly why: LegDeath
  readonly atMs: number
}

/** Of all that came in a span of time. */
export interface Seen {
  /** of the application */
  readonly bytes: number
  /** longest time without any */
  readonly gapMs: number
  /** since the last look */
  readonly deaths: readonly Death[]
}

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

export type Order =
  /** client: opens a tunnel, and asks the exit for an endless flow once a leg has joined */
  | { readonly open: { readonly exit: ExitFacts; readonly mode: Mode; readonly seed: string } }
  /** client: opens two sessions at a relay, and joins. Each relay carries one leg. */
  | {
      readonly leg: {
        readonly path: number
        readonly relay: Address
        readonly grantKbps: number
        readonly exit: Address
      }
    }
  /** client: what came in this time */
  | { readonly look: Span }
  /** client: ends the flow, reads the rest, and closes the tunnel */
  | { readonly finish: true }

export type Answer =
  /** the first answer, without an order: the port of the role */
  | { readonly ready: number }
  /** the first answer of the exit */
  | { readonly exit: ExitFacts }
  | { readonly done: true }
  | { readonly joined: boolean }
  | { readonly seen: Seen }
  | { readonly total: Total }

export interface Total {
  readonly sentBytes: number
  readonly receivedBytes: number
  /** that differ from what the seed says, or that came never */
  readonly wrongBytes: number
  /** as the exit has hashed all that it sent, and the client all that came */
  readonly isSameHash: boolean
}

/** What a role's process does. */
export interface Part {
  readonly first: Answer
  handle(order: Order): Promise<Answer>
}
