/** The budget of each sender in a session: how much it sends by itself, and how much the receiver has room for. */
import { DATA_MS, soakDataMs } from '../constants.js'
import { bytesIn, shareKbps, soakKbps } from './share.js'
import { bytesOf, phasesOf } from './turns.js'

export interface SessionBudget {
  /** highest rate at any time, kbit/s at the IP layer */
  readonly rateKbps: number
  /** longest time for which data may flow */
  readonly dataMs: number
  /** most bytes in total, at the IP layer, without slack; the same for every slot */
  readonly bytes: number
}

/** @param soakMs length of a soak; undefined for an ordinary session */
export function sessionBudget(claimKbps: number, k: number, soakMs: number | undefined): SessionBudget {
  if (soakMs === undefined) {
    const rateKbps = shareKbps(claimKbps, k)
    return { rateKbps, dataMs: DATA_MS, bytes: bytesIn(rateKbps, DATA_MS) }
  }
  const bytes = bytesOf(phasesOf(soakMs, claimKbps, k, 0))
  return { rateKbps: soakKbps(claimKbps, k), dataMs: soakDataMs(soakMs), bytes }
}
