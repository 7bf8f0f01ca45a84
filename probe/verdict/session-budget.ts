/** What a session asks of each of its senders: the receiver invites to it, and a sender takes no more. */
import { DATA_MS, soakDataMs } from '../constants.js'
import { bytesIn, shareKbps, soakKbps } from './share.js'
import { bytesOf, phasesOf } from './turns.js'

export interface SessionBudget {
  /** at most at any time, kbit/s at the IP layer */
  readonly rateKbps: number
  /** most that data may flow for */
  readonly dataMs: number
  /** at most in all, at the IP layer, without slack; alike for every slot */
  readonly bytes: number
}

/** @param soakMs how long it takes as a soak; undefined for an ordinary session */
export function sessionBudget(claimKbps: number, k: number, soakMs: number | undefined): SessionBudget {
  if (soakMs === undefined) {
    const rateKbps = shareKbps(claimKbps, k)
    return { rateKbps, dataMs: DATA_MS, bytes: bytesIn(rateKbps, DATA_MS) }
  }
  const bytes = bytesOf(phasesOf(soakMs, claimKbps, k, 0))
  return { rateKbps: soakKbps(claimKbps, k), dataMs: soakDataMs(soakMs), bytes }
}
