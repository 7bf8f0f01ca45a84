/** The messages between the bench and the processes of its roles: one answer to each order. */
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
  /** receiver: datagrams with this tag and headers under this key count from now on */
  | { readonly expect: { readonly tag: string; readonly headerKey: string; readonly rateKbps: number } }
  /** relay: open a session to the receiver; answered when the path is validated */
  | { readonly relay: { readonly tag: string; readonly to: Address; readonly rateKbps: number; readonly ms: number } }
  /** sender: challenge the receiver's port through a relay that knows nothing about challenges */
  | { readonly challenge: { readonly tag: string; readonly to: Address } }
  /** sender: send for so long; answered when everything is sent */
  | {
      readonly send: {
        readonly tag: string
        readonly key: string
        readonly headerKey: string
        readonly to: Address
        readonly receiver: Address
        readonly rateKbps: number
        readonly ms: number
      }
    }
  /** receiver: stop counting; relay: end the session */
  | { readonly finish: true }
  /** receiver: generate everything that came again, and compare */
  | { readonly verify: { readonly key: string } }

export type Answer =
  /** the first answer, without an order: the role's UDP port */
  | { readonly ready: number }
  | { readonly done: true }
  | { readonly sent: number }
  | { readonly arrived: { readonly datagrams: number; readonly ms: number } }
  | { readonly verified: number }
