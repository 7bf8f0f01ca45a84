/** Which legs carry the next packet. Pure. */
import type { Mode } from './bodies.js'

/** What the choice needs to know of a leg. */
export interface Choosable {
  /** How much of its rate the leg has carried, as the time that this takes at its rate, ms. */
  readonly carriedMs: number
  /** How long until the leg may take a full datagram, ms; infinite if it may take none. */
  waitMs(nowMs: number): number
}

export interface Choice<L> {
  /** the legs that carry the next packet: none if all must wait */
  readonly legs: readonly L[]
  /** how long to wait if there is none; infinite if no time helps */
  readonly waitMs: number
}

/**
 * spread   the leg that has carried the least of its rate, of those that need not wait (deficit by grant)
 * standby  the first leg that may take anything
 * copies   all legs that may take anything, at the pace of the slowest
 *
 * @param active in the order of preference
 */
export function chooseLegs<L extends Choosable>(mode: Mode, active: readonly L[], nowMs: number): Choice<L> {
  const waits = active.map(leg => leg.waitMs(nowMs))
  const able = active.filter((_, i) => waits[i]! < Number.POSITIVE_INFINITY)
  const ableWaits = waits.filter(wait => wait < Number.POSITIVE_INFINITY)
  if (able.length === 0) return { legs: [], waitMs: Number.POSITIVE_INFINITY }
  switch (mode) {
    case 'standby':
      return ableWaits[0] === 0 ? { legs: [able[0]!], waitMs: 0 } : { legs: [], waitMs: ableWaits[0]! }
    case 'copies': {
      const slowest = Math.max(...ableWaits)
      return slowest === 0 ? { legs: able, waitMs: 0 } : { legs: [], waitMs: slowest }
    }
    case 'spread': {
      const ready = able.filter((_, i) => ableWaits[i] === 0)
      if (ready.length === 0) return { legs: [], waitMs: Math.min(...ableWaits) }
      return { legs: [ready.reduce((least, leg) => (leg.carriedMs < least.carriedMs ? leg : least))], waitMs: 0 }
    }
  }
}

/**
 * Where a leg starts that joins others: beside the one that has carried the least. From 0 it would carry alone until it
 * has caught up with them.
 */
export const startMs = (others: readonly Choosable[]): number =>
  others.length === 0 ? 0 : Math.min(...others.map(leg => leg.carriedMs))
