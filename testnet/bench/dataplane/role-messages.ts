/** What the bench and the processes of its roles tell each other: one order, one answer. */
import type { Backend } from '../../../probe/io/datagram-port.js'

export const ROLES = ['sender', 'relay', 'receiver'] as const
export type Role = (typeof ROLES)[number]

export interface RoleOptions {
  readonly role: Role
  readonly host: string
  readonly backend: Backend
  readonly offload: boolean
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** Byte strings are in hexadecimal. */
export type Order =
  /** receiver: this tag comes from this port, and counts from now on */
  | { readonly expect: { readonly tag: string; readonly relayPort: number; readonly rateKbps: number } }
  /** relay: a session to the receiver; answered when its path is validated */
  | { readonly relay: { readonly tag: string; readonly to: Address; readonly rateKbps: number; readonly ms: number } }
  /** sender: has the receiver's port challenged through a relay that knows nothing of it */
  | { readonly challenge: { readonly tag: string; readonly to: Address } }
  /** sender: for so long, and a little more; answered when it is through */
  | {
      readonly send: {
        readonly tag: string
        readonly key: string
        readonly to: Address
        readonly receiver: Address
        readonly rateKbps: number
        readonly ms: number
      }
    }
  /** receiver: no more counts; relay: the session is over */
  | { readonly finish: true }
  /** receiver: all that came is generated again and compared */
  | { readonly verify: { readonly key: string } }

export type Answer =
  /** the first one: its port */
  | { readonly ready: number }
  | { readonly done: true }
  | { readonly sent: number }
  | { readonly arrived: { readonly datagrams: number; readonly ms: number } }
  | { readonly verified: number }
