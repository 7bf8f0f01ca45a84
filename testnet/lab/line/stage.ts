/**
 * A modelled line is a chain of stages. Packets enter the first stage and leave the last one. Every model is a function
 * of the packets, of the times that it is given, and of seeded randomness: it reads no clock. Times are milliseconds,
 * bytes are IP-layer bytes, and rates are kbit/s, which is bits per millisecond.
 */

/** The flow of the packets that the line is given. Flows from 1 on are a model's own. */
export const GIVEN_FLOW = 0

export interface Packet {
  readonly bytes: number
  /** A fair queue serves the flows in turn. */
  readonly flow: number
  /** For the owner of the line, when the packet has left. No model calls it. */
  readonly deliver?: (leftMs: number) => void
}

export interface Passed {
  readonly packet: Packet
  readonly atMs: number
}

export interface Stage {
  /** @param nowMs never decreases, over all calls of the stage */
  push(packet: Packet, nowMs: number): void
  /** @returns the packets that have left since the last call, in the order of leaving */
  advance(nowMs: number): readonly Passed[]
}

/** What leaves one stage enters the next. */
export function chain(stages: readonly Stage[]): Stage {
  const [first, ...others] = stages
  if (!first) return chain([passing(() => [0])])
  return {
    push: (packet, nowMs) => first.push(packet, nowMs),
    advance: nowMs =>
      others.reduce((passed, stage) => {
        for (const { packet, atMs } of passed) stage.push(packet, atMs)
        return stage.advance(nowMs)
      }, first.advance(nowMs)),
  }
}

/**
 * A stage without a queue, which decides about each packet by itself.
 * @param delaysOf delays of the packet's copies in this stage: no delay for a packet that is lost, two for one that is
 * duplicated
 */
export function passing(delaysOf: (packet: Packet, nowMs: number) => readonly number[]): Stage {
  let waiting: Passed[] = []
  return {
    push: (packet, nowMs) => {
      for (const delayMs of delaysOf(packet, nowMs)) {
        const atMs = nowMs + delayMs
        let at = waiting.length
        // Nearly always a packet leaves after all others, so the search starts at the end.
        while (at > 0 && waiting[at - 1]!.atMs > atMs) at--
        waiting.splice(at, 0, { packet, atMs })
      }
    },
    advance: nowMs => {
      const later = waiting.findIndex(({ atMs }) => atMs > nowMs)
      const passed = later < 0 ? waiting : waiting.slice(0, later)
      waiting = later < 0 ? [] : waiting.slice(later)
      return passed
    },
  }
}
