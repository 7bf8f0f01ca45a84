/** The datagrams of users: each is stamped as it leaves, and comes back through the relay. Both clocks are the machine's. */
import { randomBytes } from 'node:crypto'
import type { DatagramPort, Endpoint, ReceivedBatch } from '../../../probe/io/datagram-port.js'
import { openPort } from '../../../probe/io/open-port.js'
import { type Paced, startPaced } from '../../../probe/io/ticker.js'
import { Pacer } from '../../../probe/plane/pacing.js'
import { TagTable } from '../../../probe/plane/tag-table.js'
import { systemClock } from '../../../probe/system.js'
import { bytesIn } from '../../../probe/verdict/share.js'
import { echoOf, isChallenge } from '../../../probe/wire/path-validation.js'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import { carriedOf } from './carried.js'
import type { Address, Carried, Span } from './role-messages.js'

export interface FlowOptions {
  readonly tag: Uint8Array
  /** the relay's UDP port */
  readonly to: Address
  readonly kbps: number
  /** of the time between two datagrams, by which the first is late: flows shall not keep step */
  readonly phase: number
}

export class Flow {
  arrivedBytes = 0
  readonly datagram: Buffer
  readonly to: Endpoint
  readonly pacer: Pacer
  readonly #arrived = Promise.withResolvers<void>()

  constructor({ tag, kbps, phase }: FlowOptions, to: Endpoint) {
    this.datagram = Buffer.concat([tag, randomBytes(DATAGRAM_BYTES - TAG_BYTES)])
    this.to = to
    const everyMs = IP_DATAGRAM_BYTES / bytesIn(kbps, 1)
    this.pacer = new Pacer({
      ...{ datagramBytes: IP_DATAGRAM_BYTES, rateKbps: kbps, startMs: performance.now() + phase * everyMs },
      ...{ durationMs: Number.POSITIVE_INFINITY, maxDatagrams: Number.POSITIVE_INFINITY },
    })
  }

  /** Resolves once the first datagram has arrived. */
  get arrived(): Promise<void> {
    return this.#arrived.promise
  }

  take(): void {
    this.arrivedBytes += IP_DATAGRAM_BYTES
    this.#arrived.resolve()
  }
}

export class Flows implements Paced {
  /** datagrams */
  sent = 0
  readonly #byTag = new TagTable<Flow>()
  readonly #all: Flow[] = []
  #port!: DatagramPort
  #isRecording = false
  readonly #arrivedMs: number[] = []
  readonly #delayMs: number[] = []

  static async open(host: string): Promise<Flows> {
    const flows = new Flows()
    const onBatch = (batch: ReceivedBatch) => flows.#onBatch(batch)
    flows.#port = await openPort({ host, port: 0, headerBytes: 0, clock: systemClock, offload: false, onBatch })
    return flows
  }

  get port(): number {
    return this.#port.facts.port
  }

  add(options: FlowOptions): Flow {
    const flow = new Flow(options, this.#port.endpoint(options.to.host, options.to.port))
    this.#byTag.set(options.tag, flow)
    this.#all.push(flow)
    startPaced(this)
    return flow
  }

  /** Keeps what arrives from now on. */
  record(): void {
    this.#isRecording = true
  }

  /** Of each user, in the order of their flows. */
  get arrivedBytes(): number[] {
    return this.#all.map(flow => flow.arrivedBytes)
  }

  carried(span: Span, sent: number): Omit<Carried, 'leastKbps'> {
    return carriedOf(this.#arrivedMs, this.#delayMs, span, sent)
  }

  run(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const { pacer, datagram, to } of this.#all) {
      pacer.forgo(nowMs)
      const due = pacer.due(nowMs)
      for (let i = 0; i < due; i++) {
        datagram.writeDoubleBE(systemClock.now(), TAG_BYTES)
        this.#port.send(datagram, to)
      }
      pacer.sent(due, nowMs)
      this.sent += due
      nextMs = Math.min(nextMs, pacer.nextMs())
    }
    return nextMs
  }

  #onBatch(batch: ReceivedBatch): void {
    for (let i = 0; i < batch.count; i++) {
      const body = batch.body(i).subarray(0, batch.lengths[i])
      if (isChallenge(body)) this.#port.send(echoOf(body), batch.source(i))
      else this.#take(body, batch.arrivedMs[i]!)
    }
  }

  #take(datagram: Buffer, arrivedMs: number): void {
    this.#byTag.find(datagram)?.take()
    if (!this.#isRecording) return
    this.#arrivedMs.push(arrivedMs)
    this.#delayMs.push(arrivedMs - datagram.readDoubleBE(TAG_BYTES))
  }
}
