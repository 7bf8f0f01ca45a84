/** Simulated providers, and what an honest receiver's session with one of them reads. Pure. */
import type { Outcome } from '../../probe/verdict/outcome.js'
import { isBelowThreshold } from '../../verifier/core/scoring/slashing-threshold.js'
import type { Chance } from './chance.js'
import { measurementOf, sessionNoise } from './noise.js'

export interface Behaviour {
  readonly name: string
  /** the rate that it delivers, as a share of its claim */
  readonly delivers: number
  /** share of the epochs in which it is off */
  readonly offline: number
}

const throttled = (delivers: number): Behaviour => ({ name: `delivers ${delivers}`, delivers, offline: 0 })

export const HONEST: Behaviour = { name: 'honest', delivers: 1, offline: 0 }
export const OFTEN_OFF: Behaviour = { name: 'off 0.3 of the time', delivers: 1, offline: 0.3 }
/** They keep more than the slashing threshold of their claims, which is 0.75. */
export const ABOVE: readonly Behaviour[] = [0.9, 0.76].map(throttled)
export const BELOW: readonly Behaviour[] = [0.74, 0.7, 0.5].map(throttled)

export interface Terms {
  readonly claimKbps: number
  readonly breachBps: number
}

/** One session that no colluder disturbs. @param isUp whether the provider is on in this epoch */
export function sessionOf(
  { delivers }: Behaviour,
  isUp: boolean,
  { claimKbps, breachBps }: Terms,
  chance: Chance,
): Outcome {
  if (!isUp) return { kind: 'no-data', reason: 'provider-unreachable' }
  const { is, factor, controlLossBps, isPathClear } = sessionNoise(chance)
  if (is === 'nothing') return { kind: 'no-data', reason: 'senders-missing' }
  const rateKbps = Math.min(claimKbps, Math.round(delivers * claimKbps * factor))
  const measurement = measurementOf(rateKbps, claimKbps, controlLossBps)
  if (is === 'bound') return { kind: 'at-least', reason: 'path-limited', measurement }
  if (!isBelowThreshold(rateKbps, claimKbps, breachBps)) return { kind: 'verified', measurement }
  return isPathClear ? { kind: 'under', measurement } : { kind: 'at-least', reason: 'path-limited', measurement }
}
