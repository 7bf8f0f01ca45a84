/** The presence protocol: two processes with one set of keys learn of each other through the other verifiers. */
import { codec } from './codec.js'
import { KIB } from './limits.js'

export interface Presence {
  epoch: number
  /** registry index */
  verifier: number
  /** start of the process, in unix seconds of its own clock */
  since: number
  nonce: Uint8Array
  signature: Uint8Array
}
export interface Presences {
  presences: Presence[]
}

export const Presence = codec<Presence>('Presence', 256)
export const Presences = codec<Presences>('Presences', 4 * KIB)
