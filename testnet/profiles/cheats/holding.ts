/**
 * Plays with time. Incoming data must fit through a link of 60 % of the claim; the provider chooses when they leave: saved up
 * and then faster, out of order, or late by a time that a naive measurement would subtract as the round trip.
 */
import { createHash } from 'node:crypto'
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { DELIVERED_SHARE, Link, takesAll } from './link.js'
import { slowCheat } from './slow-cheat.js'

type Holding = 'delayed' | 'reordered' | 'stretched'

const holds = (holding: Holding, describe: string) => slowCheat(import.meta.url, describe, { holding })

export const delayer = holds('delayed', 'delivers 60 % of its claim, and saves a session’s beginning up for later')
export const reorderer = holds('reordered', 'delivers 60 % of its claim, out of order')
export const stretcher = holds('stretched', 'delivers 60 % of its claim, and stretches every round trip by 300 ms')

/** Data that arrive for twice this long leave in the second half of that time, at twice the rate. */
const BACK_MS = 600
const STRETCH_MS = 300
/** Shorter than 32 chunks at any claim of the testnet, so that hardly a datagram is too late to count. */
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
    forward: (packet, nowMs) => (link.takes(packet, nowMs) ? { holdMs: holdMs(packet.session, nowMs) } : 'drop'),
  }
}

const HOLDS: Readonly<Record<Holding, (seed: string) => (session: number, nowMs: number) => number>> = {
  // The beginning of a session is held back, and leaves together with later data when a measurement would look.
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
