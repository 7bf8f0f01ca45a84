/** The counters of a relay. Every incoming datagram is forwarded, is an echo, or is dropped for exactly one reason. */
import { counterMemory, sharedCounters } from './counters.js'
import { REFUSE, type RefuseName } from './forwarding.js'

const DROPPED = [
  'unknown-tag', // of no session, or of one that has ended
  'malformed', // too short for a tag, or longer than a datagram may be
  'wrong-source', // not from the source of the session's first datagram
  'wrong-echo', // not from the next hop, or with another nonce
  'not-validated', // before the next hop has echoed
  'over-rate', // beyond the granted rate
  'over-budget',
  'no-room', // a stranger's, while reserved sessions and other strangers fill the claim
  'link-full', // waited too long while the link sent others, or until its session ended
  'not-forwarded', // by the provider's own forwarding
] as const
const PASSED = [
  'forwarded',
  'forwardedBytes',
  'challenges',
  'echoes',
  'overruns', // lost before they came in, because the port's receive buffer was full
] as const

export type DropReason = (typeof DROPPED)[number]

/** The counters of the worker. */
export type RelayTraffic = Record<(typeof PASSED)[number], number> & { readonly dropped: Record<DropReason, number> }

export type RelayStats = RelayTraffic & {
  sessions: number
  /** those of them that were opened with a token */
  reserved: number
  granted: number
  /** openings beyond HostRates */
  unanswered: number
  /** flows that a receiver has counter-signed, and their bytes at the IP layer */
  counterSigned: number
  counterSignedBytes: number
  /** bytes that the relay had forwarded of these flows */
  receiptedBytes: number
  /** bytes at the IP layer that users paid for, and payments that were void */
  paidBytes: number
  voidPayments: number
  readonly refused: Record<RefuseName, number>
}

export interface RelayCounterMemory {
  readonly passed: SharedArrayBuffer
  readonly dropped: SharedArrayBuffer
}

export const relayCounterMemory = (): RelayCounterMemory => ({
  passed: counterMemory(PASSED),
  dropped: counterMemory(DROPPED),
})

export const relayTraffic = ({ passed, dropped }: RelayCounterMemory): RelayTraffic =>
  Object.assign(sharedCounters(PASSED, passed), { dropped: sharedCounters(DROPPED, dropped) })

export const newRelayStats = (memory: RelayCounterMemory): RelayStats =>
  Object.assign(relayTraffic(memory), {
    sessions: 0,
    reserved: 0,
    granted: 0,
    unanswered: 0,
    counterSigned: 0,
    counterSignedBytes: 0,
    receiptedBytes: 0,
    paidBytes: 0,
    voidPayments: 0,
    refused: Object.fromEntries(Object.keys(REFUSE).map(name => [name, 0])) as Record<RefuseName, number>,
  })
