/** What a link does with the packets that wait for it. */
import type { Packet } from './stage.js'

export interface Queue {
  /** May drop this packet, or another one. */
  enqueue(packet: Packet, nowMs: number): void
  /** May drop packets before the one that it returns. */
  dequeue(nowMs: number): Packet | undefined
}

/** First in, first out. A packet for which there is no room is dropped. */
export function dropTail(limitBytes: number): Queue {
  const waiting: Packet[] = []
  let bytes = 0
  return {
    enqueue: packet => {
      if (bytes + packet.bytes > limitBytes) return
      waiting.push(packet)
      bytes += packet.bytes
    },
    dequeue: () => {
      const packet = waiting.shift()
      bytes -= packet?.bytes ?? 0
      return packet
    },
  }
}

/** As routers have it (RFC 8289, section 4.4). */
const TARGET_MS = 5
const INTERVAL_MS = 100
const CODEL_PACKETS = 1000
/** A queue of less than this never drops. */
const MTU_BYTES = 1500

/** Controlled delay: drops at the head, ever more often, while packets wait for longer than 5 ms (RFC 8289, section 5). */
export function codel(): Queue {
  const waiting: { readonly packet: Packet; readonly sinceMs: number }[] = []
  let bytes = 0
  let firstAboveMs: number | undefined
  let isDropping = false
  let dropNextMs = 0
  let count = 0
  let lastCount = 0

  /** @returns the head, and whether it may be dropped */
  const take = (nowMs: number): { packet: Packet | undefined; mayDrop: boolean } => {
    const head = waiting.shift()
    bytes -= head?.packet.bytes ?? 0
    if (!head || nowMs - head.sinceMs < TARGET_MS || bytes <= MTU_BYTES) {
      firstAboveMs = undefined
      return { packet: head?.packet, mayDrop: false }
    }
    firstAboveMs ??= nowMs + INTERVAL_MS
    return { packet: head.packet, mayDrop: nowMs >= firstAboveMs }
  }
  const law = (fromMs: number): number => fromMs + INTERVAL_MS / Math.sqrt(count)

  return {
    enqueue: (packet, nowMs) => {
      if (waiting.length >= CODEL_PACKETS) return
      waiting.push({ packet, sinceMs: nowMs })
      bytes += packet.bytes
    },
    dequeue: nowMs => {
      let { packet, mayDrop } = take(nowMs)
      if (!isDropping) {
        if (!mayDrop) return packet
        ;({ packet, mayDrop } = take(nowMs))
        isDropping = true
        const since = count - lastCount
        count = since > 1 && nowMs - dropNextMs < 16 * INTERVAL_MS ? since : 1
        dropNextMs = law(nowMs)
        lastCount = count
        return packet
      }
      if (!mayDrop) isDropping = false
      while (isDropping && nowMs >= dropNextMs) {
        count++
        ;({ packet, mayDrop } = take(nowMs))
        if (mayDrop) dropNextMs = law(dropNextMs)
        else isDropping = false
      }
      return packet
    },
  }
}

/** Bytes that a flow may send in its turn (RFC 8290, section 3.2). */
const QUANTUM_BYTES = 1514

/**
 * A queue for each flow, which send in turn: deficit round robin (Shreedhar and Varghese, 1996).
 * @param queueOf makes the queue of one flow: drop-tail for plain fair queueing, CoDel for that of RFC 8290
 */
export function fair(queueOf: () => Queue): Queue {
  interface Flow {
    readonly queue: Queue
    head: Packet | undefined
    deficit: number
  }
  const flows = new Map<number, Flow>()
  let turns: Flow[] = []
  return {
    enqueue: (packet, nowMs) => {
      let flow = flows.get(packet.flow)
      if (!flow) {
        flow = { queue: queueOf(), head: undefined, deficit: 0 }
        flows.set(packet.flow, flow)
      }
      flow.queue.enqueue(packet, nowMs)
      if (turns.includes(flow)) return
      flow.deficit = QUANTUM_BYTES
      turns.push(flow)
    },
    dequeue: nowMs => {
      for (;;) {
        const flow = turns[0]
        if (!flow) return undefined
        const packet = flow.head ?? flow.queue.dequeue(nowMs)
        flow.head = packet
        if (!packet) {
          turns = turns.slice(1)
        } else if (packet.bytes > flow.deficit) {
          flow.deficit += QUANTUM_BYTES
          turns = [...turns.slice(1), flow]
        } else {
          flow.deficit -= packet.bytes
          flow.head = undefined
          return packet
        }
      }
    },
  }
}
