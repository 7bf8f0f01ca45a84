/**
 * Plays with time. What comes in has to fit through a link of 60 % of the claim; when it leaves is the provider's choice:
 * saved up and then all the faster, out of order, or late by what a naive measurement would subtract as its round trip.
 */
import { createHash } from 'node:crypto'
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import type { ProviderProfile } from '../profile.js'
import { caught } from './check.js'
import { DELIVERED_SHARE, isData, Link, takesAll } from './link.js'

type Holding = 'delayed' | 'reordered' | 'stretched'

const holds = (holding: Holding, describe: string): ProviderProfile => ({
  describe,
  takesFraction: false,
  deliversKbps: claimKbps => Math.round(claimKbps * DELIVERED_SHARE),
  forwarding: ({ claimKbps, seed }) => ({ module: import.meta.url, options: { claimKbps, seed, holding } }),
  broken: caught,
})

export const delayer = holds('delayed', 'delivers 60 % of its claim, and saves a session’s beginning up for later')
export const reorderer = holds('reordered', 'delivers 60 % of its claim, out of order')
export const stretcher = holds('stretched', 'delivers 60 % of its claim, and stretches every round trip by 300 ms')

/** What comes in for twice this long leaves in the second half of it, at twice the rate. */
const BACK_MS = 600
const STRETCH_MS = 300
/** Less than what 32 chunks take at any claim of the testnet's, so that hardly a datagram comes too late to count. */
const SHUFFLE_MS = 40

export interface HoldingOptions {
  readonly claimKbps: number
  readonly seed: string
  readonly holding: Holding
}

export function createForwarding({ claimKbps, seed, holding }: HoldingOptions): Forwarding {
  const link = new Link(claimKbps * DELIVERED_SHARE)
  const holdMs = HOLDS[holding](seed)
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      if (!isData(packet)) return holding === 'stretched' ? { holdMs: STRETCH_MS } : 'now'
      return link.takes(packet, nowMs) ? { holdMs: holdMs(packet.session, nowMs) } : 'drop'
    },
  }
}

const HOLDS: Readonly<Record<Holding, (seed: string) => (session: number, nowMs: number) => number>> = {
  // A session's beginning is held back, and leaves with what follows where a measurement would look.
  delayed: () => {
    const begunMs = new Map<number, number>()
    return (session, nowMs) => {
      const begun = begunMs.get(session) ?? nowMs
      begunMs.set(session, begun)
      return Math.max(0, BACK_MS - (nowMs - begun) / 2)
    }
  },
  reordered: seed => {
    let draw = 0
    return () => (createHash('sha256').update(`${seed}/${draw++}`).digest().readUInt16BE() / 0x10000) * SHUFFLE_MS
  },
  stretched: () => () => STRETCH_MS,
}
