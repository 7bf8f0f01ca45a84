/**
 * The ways between senders, a provider and a receiver inside this process, each a modelled line:
 *
 *   senders    ══ provider's front :P ── way in ──▶ provider :P
 *   provider :P ══ receiver's front :R ── way out ──▶ our :P, or a port of a NAT ══ receiver :R, and back
 *   sender :x  ══ receiver's front :R ── direct ──▶ a port for this sender ══ receiver :R, and back
 *
 * A front is an address of this path, under which one end finds the other. Ports with kernel timestamps (on Linux) tell
 * the lines when a datagram truly came. So a pause of this process delays datagrams, and drops none.
 */

import { systemClock } from '../../probe/index.js'
import type { DatagramPort, Endpoint, ReceivedBatch } from '../../probe/io/datagram-port.js'
import { openPort } from '../../probe/io/open-port.js'
import { DATAGRAM_BYTES } from '../../proto/datagram.js'
import { Curve } from './curve.js'
import { delay } from './line/filters.js'
import { GIVEN_FLOW, type Stage } from './line/stage.js'

/** The addresses of a path, all on this machine. */
export interface PathHosts {
  /** of the relay, the receiver and the senders */
  readonly ends: string
  /** the receiver's front, and the provider's address as the receiver sees it */
  readonly front: string
  /** of the NAT's port, and of the ports for senders */
  readonly ports: string
  /** the provider's fronts, one for each way in */
  readonly ways: readonly string[]
  /** bytes of the IP and UDP headers */
  readonly headerBytes: number
}

export interface PathLines {
  /** from the senders to the provider: one for all senders, or one for each */
  readonly in: readonly Stage[]
  /** from the provider to the receiver, and back */
  readonly out: Stage
  readonly back: Stage
  /** between the senders and the receiver, one way */
  readonly directMs: number
  /** whether a NAT gives the provider another port */
  readonly nat: boolean
}

export interface PathEnds {
  readonly relayPort: number
  readonly receiverPort: number
}

/** Longer datagrams are data. The truth counts these alone. */
const SMALL_BYTES = 100
const TICK_MS = 1
/** Data that stays out for longer came in a burst: whoever sends or forwards it stood still. */
const PAUSE_MS = 15
/** The lines run this much behind the clock, since a port that is busy is read once a millisecond. */
const BEHIND_MS = 2

export class ModelledPath {
  /** bytes of data past the way out, at the IP layer, on the monotonic clock */
  readonly passed = new Curve()
  readonly #hosts: PathHosts
  readonly #ends: PathEnds
  readonly #lines: PathLines
  readonly #stages: Stage[]
  readonly #ports: DatagramPort[] = []
  #front!: DatagramPort
  /** senders' ways to the receiver, by the sender's address; what waits for its port while the port opens */
  readonly #senders = new Map<string, ((datagram: Buffer) => void) | Buffer[]>()
  #isClosed = false
  #passedBytes = 0
  #timer: NodeJS.Timeout | undefined
  #tickedMs = systemClock.now()
  #lagMs = 0
  #lastDataMs: number | undefined
  #dataMs = 0
  #pausedMs = 0

  private constructor(hosts: PathHosts, ends: PathEnds, lines: PathLines) {
    this.#hosts = hosts
    this.#ends = ends
    this.#lines = lines
    this.#stages = [...lines.in, lines.out, lines.back]
  }

  /** @throws UdpPortError if the machine lacks an address, or if a port of it is taken */
  static async open(hosts: PathHosts, ends: PathEnds, lines: PathLines): Promise<ModelledPath> {
    const path = new ModelledPath(hosts, ends, lines)
    try {
      await path.#openWaysIn()
      await path.#openWayOut()
    } catch (error) {
      await path.close()
      throw error
    }
    path.#timer = setInterval(() => path.#tick(), TICK_MS)
    return path
  }

  /** The longest time since the last call for which this process, or the provider, stood still. */
  takeLagMs(): number {
    const lagMs = this.#lagMs
    this.#lagMs = 0
    return lagMs
  }

  /** Share of the time from the provider's first data to its last in which the provider stood still. */
  get pausedShare(): number {
    return this.#pausedMs / Math.max(1, this.#dataMs)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await Promise.all(this.#ports.map(port => port.close()))
  }

  async #openWaysIn(): Promise<void> {
    const { ends, ways } = this.#hosts
    for (const [i, line] of this.#lines.in.entries()) {
      const port = await this.#bind(ways[i]!, this.#ends.relayPort, batch =>
        forEach(batch, (datagram, atMs) => this.#put(line, datagram, atMs, () => port.send(datagram, provider))),
      )
      const provider = port.endpoint(ends, this.#ends.relayPort)
    }
  }

  async #openWayOut(): Promise<void> {
    const { ends, front, ports } = this.#hosts
    const { relayPort, receiverPort } = this.#ends
    const { out, back, nat } = this.#lines
    const outer = await this.#bind(nat ? ports : front, nat ? 0 : relayPort, batch =>
      forEach(batch, (datagram, atMs) => this.#put(back, datagram, atMs, () => inner.send(datagram, provider))),
    )
    const receiver = outer.endpoint(ends, receiverPort)
    const inner = await this.#bind(front, receiverPort, batch =>
      forEach(batch, (datagram, atMs, i) => {
        if (batch.isFrom(i, provider)) {
          if (datagram.length > SMALL_BYTES) this.#watchPace(atMs)
          this.#put(out, datagram, atMs, leftMs => deliver(datagram, leftMs))
        } else this.#onSender(datagram, batch.source(i))
      }),
    )
    this.#front = inner
    const provider = inner.endpoint(ends, relayPort)
    const deliver = (datagram: Buffer, leftMs: number): void => {
      if (datagram.length > SMALL_BYTES) {
        this.#passedBytes += this.#bytes(datagram)
        this.passed.push(leftMs, this.#passedBytes)
      }
      outer.send(datagram, receiver)
    }
  }

  #onSender(datagram: Buffer, sender: Endpoint): void {
    const key = `${sender.host} ${sender.port}`
    const way = this.#senders.get(key)
    if (typeof way === 'function') way(datagram)
    else if (way) way.push(datagram)
    else void this.#openDirect(key, sender, [datagram])
  }

  async #openDirect(key: string, { host, port: senderPort }: Endpoint, waiting: Buffer[]): Promise<void> {
    this.#senders.set(key, waiting)
    const [there, home] = [delay(this.#lines.directMs), delay(this.#lines.directMs)]
    const sender = this.#front.endpoint(host, senderPort)
    const port = await this.#bind(this.#hosts.ports, 0, batch =>
      forEach(batch, (datagram, atMs) => this.#put(home, datagram, atMs, () => this.#front.send(datagram, sender))),
    )
    const receiver = port.endpoint(this.#hosts.ends, this.#ends.receiverPort)
    this.#stages.push(there, home)
    const send = (datagram: Buffer): void =>
      this.#put(there, datagram, systemClock.now(), () => port.send(datagram, receiver))
    this.#senders.set(key, send)
    for (const datagram of waiting) send(datagram)
  }

  async #bind(host: string, port: number, onBatch: (batch: ReceivedBatch) => void): Promise<DatagramPort> {
    const opened = await openPort({ host, port, headerBytes: 0, clock: systemClock, offload: false, onBatch })
    this.#ports.push(opened)
    if (this.#isClosed) await opened.close()
    return opened
  }

  #put(line: Stage, datagram: Buffer, atMs: number, deliver: (leftMs: number) => void): void {
    line.push({ bytes: this.#bytes(datagram), flow: GIVEN_FLOW, deliver }, atMs)
  }

  #watchPace(atMs: number): void {
    const sinceMs = atMs - (this.#lastDataMs ?? atMs)
    this.#lastDataMs = atMs
    this.#dataMs += sinceMs
    if (sinceMs <= PAUSE_MS) return
    this.#pausedMs += sinceMs
    this.#lagMs = Math.max(this.#lagMs, sinceMs)
  }

  #bytes(datagram: Buffer): number {
    return datagram.length + this.#hosts.headerBytes
  }

  #tick(): void {
    const nowMs = systemClock.now()
    const lagMs = nowMs - this.#tickedMs - TICK_MS
    this.#lagMs = Math.max(this.#lagMs, lagMs)
    this.#tickedMs = nowMs
    // What came during a pause must be in the lines before they advance over the pause.
    if (lagMs > BEHIND_MS / 2) for (const port of this.#ports) port.receive()
    for (const stage of this.#stages) {
      for (const { packet, atMs } of stage.advance(nowMs - BEHIND_MS)) packet.deliver!(atMs)
    }
  }
}

/** Hands over a copy of each datagram. */
function forEach(batch: ReceivedBatch, take: (datagram: Buffer, arrivedMs: number, i: number) => void): void {
  for (let i = 0; i < batch.count; i++) {
    const length = Math.min(batch.lengths[i]!, DATAGRAM_BYTES)
    take(Buffer.from(batch.body(i).subarray(0, length)), batch.arrivedMs[i]!, i)
  }
}
