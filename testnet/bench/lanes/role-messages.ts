/** The messages between the bench and the processes of its roles: one answer to each order. Times on CLOCK_MONOTONIC, ms. */
import type { UserPlan } from './plan.js'

export interface Address {
  readonly host: string
  readonly port: number
}

/** A user with its number in the plan. */
export interface NumberedUser extends UserPlan {
  readonly number: number
}

interface MarketOptions {
  readonly host: string
  /** for payments, on either side */
  readonly directory: string
  readonly users: readonly NumberedUser[]
}

export type RelayOptions = MarketOptions & { readonly role: 'relay' }
/** The users of one class. */
export type UsersOptions = MarketOptions & {
  readonly role: 'users'
  readonly relay: Address
  readonly seed: string
}
export interface VerifierOptions {
  readonly role: 'verifier'
  readonly host: string
  readonly relay: Address
}
export type RoleOptions = RelayOptions | UsersOptions | VerifierOptions

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

export type Order =
  /** users: open their sessions, pay, and send until the end */
  | { readonly start: true }
  /** users: what is offered and carried in this time */
  | { readonly measure: Span }
  /** verifier: sessions without a payment, one after the other, the first from `fromMs` on and none after `toMs` */
  | { readonly probe: Span }
  /** relay: what it counted */
  | { readonly stats: true }

export type Answer =
  /** the first answer, without an order: the port at which a relay takes sessions, else 0 */
  | { readonly ready: number }
  | { readonly done: true }
  | { readonly carried: Carried }
  | { readonly readings: readonly Reading[] }
  | { readonly counted: Counted }

/** Of all users of one class, at the IP layer. */
export interface Carried {
  readonly offeredKbps: number
  readonly carriedKbps: number
  /** of the user who got least */
  readonly leastKbps: number
  /** of each second of the span */
  readonly secondsKbps: readonly number[]
  /** from the user's system call to the arrival at the next hop, of each datagram that arrived; ms */
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly most: number }
}

/** Of one session without a payment. */
export interface Reading {
  readonly outcome: string
  /** what a vote would say; 0 for an outcome without a measurement */
  readonly rateKbps: number
  /** before the claim caps it */
  readonly arrivedKbps: number
}

export interface Counted {
  readonly dropped: Readonly<Record<string, number>>
  /** the port had no room for them */
  readonly overruns: number
  readonly paidBytes: number
  readonly voidPayments: number
}

/** What a role's process does. */
export interface Part {
  readonly first: Answer
  handle(order: Order): Promise<Answer>
}
