/**
 * The messages between the main thread and the data plane's worker. The main thread opens an object of a kind, calls
 * its methods and hears its events. Every message crosses as a structured clone. This file holds types alone and runs
 * in neither.
 */
import type { Receiving, ReceivingEvent } from './receiving.js'
import type { Relaying, RelayingEvent } from './relaying.js'
import type { Sending } from './sending.js'

/** An object's class, and the events that it emits. */
export interface Kinds {
  receiving: { object: Receiving; event: ReceivingEvent }
  relaying: { object: Relaying; event: RelayingEvent }
  sending: { object: Sending; event: never }
}
export type Kind = keyof Kinds

/** main thread → worker */
export type Request =
  | {
      readonly kind: 'open'
      readonly id: number
      readonly what: Kind
      readonly options: unknown
      readonly call: number
    }
  | {
      readonly kind: 'call'
      readonly id: number
      readonly method: string
      readonly args: readonly unknown[]
      readonly call: number
    }
  | {
      /** The process exits. The worker closes everything, then stores 1 in `done` and wakes who waits for it. */
      readonly kind: 'end'
      readonly done: Int32Array
    }

/** worker → main thread */
export type Reply =
  | { readonly kind: 'value'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly call: number; readonly failure: Failure }
  | { readonly kind: 'event'; readonly id: number; readonly event: unknown }
  /** of an error that nobody handles */
  | { readonly kind: 'crashed'; readonly error: unknown }

/** The form in which an error crosses: a clone would lose its class and its code. */
export interface Failure {
  readonly message: string
  /** of a UdpPortError */
  readonly code: string | undefined
}
