/** The reach protocol: a verifier tells a node whether it can be reached. */
import { MAX_ADDRESS_BYTES, MAX_ADDRESSES } from '../announcement.js'
import { codec } from './codec.js'
import { KIB } from './limits.js'

/** What is tested, in this order. */
export const REACH_STEP = {
  /** a new connection to an announced address, by which the provider grants a session */
  tcp: 1,
  /** the provider's challenge reaches the verifier, and the echo reaches the provider */
  udpOut: 2,
  /** a datagram from a port that the provider never sent to comes in */
  udpIn: 3,
  /** so does one of full size, and it goes out again */
  fullSize: 4,
} as const

export type ReachStepName = keyof typeof REACH_STEP

export interface ReachRequest {
  /** account of the node that asks, whose key signs what its relay grants */
  provider: Uint8Array
  claimKbps: number
  multiaddrs: string[]
}
export interface ReachTest {
  /** a number of REACH_STEP */
  step: number
  passed: boolean
  detail: string
}
export interface ReachReport {
  host: string
  tests: ReachTest[]
}
/** Exactly one is set. */
export interface ReachResponse {
  report?: ReachReport
  refused?: string
}

/** All addresses that a provider may announce, each with its tag and length, and the other fields. */
const MAX_REQUEST_BYTES = MAX_ADDRESSES * (MAX_ADDRESS_BYTES + 4) + 32

export const ReachRequest = codec<ReachRequest>('ReachRequest', MAX_REQUEST_BYTES)
export const ReachResponse = codec<ReachResponse>('ReachResponse', 4 * KIB)
