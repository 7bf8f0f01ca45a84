/** A link that serves one queue at its rate, alone or with TCP connections that share it. */
import type { Queue } from './queues.js'
import type { Rate } from './rate.js'
import { GIVEN_FLOW, type Packet, type Passed, type Stage } from './stage.js'
import { type Law, TcpFlow } from './tcp.js'

export interface BottleneckOptions {
  readonly queue: Queue
  readonly rate: Rate
  /** TCP connections that share the link */
  readonly tcp?: TcpOptions | undefined
}

export interface TcpOptions {
  readonly law: Law
  readonly flows: number
  /** round trip without the link's queue */
  readonly rttMs: number
  /** how long the connections have run when the first packet comes */
  readonly warmUpMs: number
}

interface Serving {
  readonly packet: Packet & { readonly sequence?: number }
  readonly endMs: number
}

export class Bottleneck implements Stage {
  readonly #queue: Queue
  readonly #rate: Rate
  readonly #warmUpMs: number
  readonly #flows: readonly TcpFlow[]
  #passed: Passed[] = []
  #serving: Serving | undefined
  #nowMs: number | undefined

  constructor({ queue, rate, tcp }: BottleneckOptions) {
    this.#queue = queue
    this.#rate = rate
    this.#warmUpMs = tcp?.warmUpMs ?? 0
    this.#flows = Array.from(
      { length: tcp?.flows ?? 0 },
      (_, i) => new TcpFlow({ law: tcp!.law, rttMs: tcp!.rttMs, flow: GIVEN_FLOW + 1 + i }),
    )
  }

  push(packet: Packet, nowMs: number): void {
    this.#runTo(nowMs)
    this.#queue.enqueue(packet, nowMs)
    this.#serve(nowMs)
  }

  advance(nowMs: number): readonly Passed[] {
    this.#runTo(nowMs)
    const passed = this.#passed
    this.#passed = []
    return passed
  }

  #runTo(nowMs: number): void {
    if (this.#nowMs === undefined) this.#begin(nowMs - this.#warmUpMs)
    for (let atMs = this.#nextMs(); atMs <= nowMs; atMs = this.#nextMs()) {
      this.#nowMs = Math.max(this.#nowMs!, atMs)
      if (this.#serving && this.#serving.endMs <= atMs) this.#finish(this.#serving)
      else this.#runFlows(atMs)
      this.#serve(atMs)
    }
    this.#nowMs = Math.max(this.#nowMs!, nowMs)
  }

  #begin(nowMs: number): void {
    this.#nowMs = nowMs
    for (const flow of this.#flows) this.#run(flow, nowMs)
    this.#serve(nowMs)
  }

  #nextMs(): number {
    let nextMs = this.#serving?.endMs ?? Number.POSITIVE_INFINITY
    for (const flow of this.#flows) nextMs = Math.min(nextMs, flow.nextMs)
    return nextMs
  }

  #runFlows(atMs: number): void {
    for (const flow of this.#flows) if (flow.nextMs <= atMs) this.#run(flow, atMs)
  }

  #run(flow: TcpFlow, nowMs: number): void {
    flow.run(nowMs, packet => this.#queue.enqueue(packet, nowMs))
  }

  #finish({ packet, endMs }: Serving): void {
    this.#serving = undefined
    if (packet.flow === GIVEN_FLOW) this.#passed.push({ packet, atMs: endMs })
    else this.#flows[packet.flow - GIVEN_FLOW - 1]!.passed(packet.sequence!, endMs)
  }

  #serve(nowMs: number): void {
    if (this.#serving) return
    const packet = this.#queue.dequeue(nowMs)
    if (packet) this.#serving = { packet, endMs: this.#rate.finishMs(nowMs, 8 * packet.bytes) }
  }
}
