/** A steady stream of packets through a stage. */
import { GIVEN_FLOW, type Packet, type Stage } from '../stage.js'

export interface Left {
  /** number of the packet, from 0 */
  readonly number: number
  readonly sentMs: number
  readonly atMs: number
  readonly bytes: number
}

export interface StreamOptions {
  readonly kbps: number
  readonly ms: number
  readonly bytes?: number
  /** how often the stage is looked at (default: at every packet) */
  readonly lookMs?: number
}

/** @returns what left the stage until a while after the last packet */
export function stream(stage: Stage, { kbps, ms, bytes = 1228, lookMs }: StreamOptions): Left[] {
  const numbers = new Map<Packet, number>()
  const left: Left[] = []
  const gapMs = (bytes * 8) / kbps
  const look = (nowMs: number): void => {
    for (const { packet, atMs } of stage.advance(nowMs)) {
      const number = numbers.get(packet)!
      left.push({ number, sentMs: number * gapMs, atMs, bytes: packet.bytes })
    }
  }
  for (let n = 0, lookedMs = 0; n * gapMs < ms; n++) {
    const packet = { bytes, flow: GIVEN_FLOW }
    numbers.set(packet, n)
    stage.push(packet, n * gapMs)
    if (lookMs !== undefined && n * gapMs < lookedMs + lookMs) continue
    lookedMs = n * gapMs
    look(lookedMs)
  }
  look(10 * ms + 60_000)
  return left
}

export const rateKbps = (left: readonly Left[], fromMs: number, toMs: number): number =>
  left.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).reduce((sum, { bytes }) => sum + bytes * 8, 0) /
  (toMs - fromMs)
