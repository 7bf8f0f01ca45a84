/**
 * Carries the claim for a part of each session, and 60 % of it for the rest. A sprinter is fast while a session is young, as
 * long as an ordinary probe lasts. A renter rents a fast link once a session has run for so long that it must be a soak.
 */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { DELIVERED_SHARE, Link, takesAll } from './link.js'
import { slowCheat } from './slow-cheat.js'

interface Ages {
  /** A session of this age or more has the fast link. */
  readonly fastFromMs: number
  /** A session of this age or more has it no longer. */
  readonly fastUntilMs: number
}

const byAge = (ages: Ages, describe: string) => slowCheat(import.meta.url, describe, ages)

/** Longer than an ordinary session takes to read the claim, and over before the turns of a soak begin. */
const SPRINT_MS = 4000
/** Longer than an ordinary session takes to read 60 %, and no later than the turns of a soak. */
const RENT_MS = 6000

export const sprinter = byAge(
  { fastFromMs: 0, fastUntilMs: SPRINT_MS },
  'delivers its claim in the first four seconds of a session, and 60 % of it later',
)
export const renter = byAge(
  { fastFromMs: RENT_MS, fastUntilMs: Number.POSITIVE_INFINITY },
  'delivers 60 % of its claim, and rents a fast link for sessions longer than six seconds',
)

export function createForwarding({ claimKbps, fastFromMs, fastUntilMs }: Ages & { claimKbps: number }): Forwarding {
  const link = new Link(claimKbps * DELIVERED_SHARE)
  const rented = new Link(claimKbps)
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      const isFast = packet.ageMs >= fastFromMs && packet.ageMs < fastUntilMs
      return (isFast ? rented : link).takes(packet, nowMs) ? 'now' : 'drop'
    },
  }
}
