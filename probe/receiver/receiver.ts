/**
 * A verifier's UDP port in the main thread: the expected tags, and what is collected under them. For the datagrams see
 * plane/receiving.ts.
 */
import { toHex } from '../../proto/hex.js'
import type { Chunk } from '../chunks/chunk.js'
import type { Run } from '../chunks/runs.js'
import { type ChunkRows, chunksOf } from '../chunks/table.js'
import type { Backend, PortFacts } from '../io/datagram-port.js'
import { anchorOf } from '../plane/clock.js'
import type { Progress, RunLimits, TurnPlan, TurnRead, Way } from '../plane/collection.js'
import { openRemote, type Remote } from '../plane/host.js'
import { type ReceiverStats, receiverCounterMemory, receiverStats } from '../plane/receiver-stats.js'
import { beatOf, type ReceivingEvent, type ReceivingOptions } from '../plane/receiving.js'
import type { MonotonicClock } from '../ports.js'
import type { EstimatorOptions } from '../verdict/estimator.js'
import type { Verified } from '../wire/verified.js'

export interface ReceiverOptions {
  readonly host: string
  /** 0 for any */
  readonly port: number
  readonly clock: MonotonicClock
  /** to insist on one (default: the best available) */
  readonly backend?: Backend | undefined
}

/** An expected tag. Once it is closed, no datagram under the tag counts. */
export interface Expected {
  close(): void
}

export interface ExpectedHeartbeats extends Expected {
  /** Resolves once these bytes have come through the relay, all of them in one datagram after the tag. */
  back(bytes: Uint8Array): Promise<void>
  /** Stops waiting for them. */
  forget(bytes: Uint8Array): void
}

/** What arrived of one run of a sender's flow. */
export interface Arrived {
  /** ascending */
  readonly chunks: readonly Chunk[]
  /** datagrams */
  readonly arrived: number
}

export interface SenderArrivals extends Readonly<Record<Run, Arrived>> {
  /** until when all datagrams except those of the direct probe counted, on the receiver's clock */
  readonly haltedMs: number
  /** undefined if the session has no turns */
  readonly turnRead: TurnRead | undefined
  /** host that the provider's challenge to the sender's session came from; undefined if none came */
  readonly host: string | undefined
  /** size probes */
  readonly small: number
}

export class Receiver {
  readonly stats: ReceiverStats
  /** Expected tags, in hexadecimal. */
  readonly #tags = new Set<string>()
  readonly #collectings = new Map<number, Collecting>()
  /** awaited heartbeats: see `beatOf` */
  readonly #waiting = new Map<string, () => void>()
  #remote!: Remote<'receiving'>
  #ids = 0

  private constructor(stats: ReceiverStats) {
    this.stats = stats
  }

  /** @throws UdpPortError */
  static async open({ host, port, clock, backend }: ReceiverOptions): Promise<Receiver> {
    const counters = receiverCounterMemory()
    const receiver = new Receiver(receiverStats(counters))
    const spec: ReceivingOptions = { host, port, backend, clock: anchorOf(clock), counters }
    receiver.#remote = await openRemote('receiving', spec, event => receiver.#onEvent(event))
    return receiver
  }

  /** The UDP port and its backend. */
  get facts(): PortFacts {
    return this.#remote.facts
  }

  get port(): number {
    return this.facts.port
  }

  /** Whether this port has ever heard a provider. Until then, silence may be the port's own fault. */
  get heard(): boolean {
    return this.stats.echoes > 0
  }

  /**
   * Begins to collect for one session.
   * @param limits of each sender's runs, by its budget. @param ipv6 the data comes over IPv6, with longer headers
   */
  collect(senders: number, limits: RunLimits, ipv6 = false): Collecting {
    const id = ++this.#ids
    this.#remote.tell('collect', id, senders, limits, ipv6)
    const collecting = new Collecting(id, this.#remote, {
      expect: (tag, headerKey, way, slot) =>
        this.#expect(tag, () => this.#remote.tell('expect', tag, headerKey, way, id, slot)),
      closed: () => this.#collectings.delete(id),
    })
    this.#collectings.set(id, collecting)
    return collecting
  }

  /** @returns undefined if the tag is expected already: a provider must not use a tag twice */
  expectHeartbeats(tag: Uint8Array): ExpectedHeartbeats | undefined {
    const expected = this.#expect(tag, () => this.#remote.tell('expectHeartbeats', tag))
    return (
      expected && {
        ...expected,
        back: bytes => {
          const beat = beatOf(bytes)
          this.#remote.tell('awaitBeat', beat)
          return new Promise(resolve => this.#waiting.set(beat, resolve))
        },
        forget: bytes => {
          const beat = beatOf(bytes)
          if (this.#waiting.delete(beat)) this.#remote.tell('forgetBeat', beat)
        },
      }
    )
  }

  async close(): Promise<void> {
    this.#tags.clear()
    await this.#remote.close()
  }

  #expect(tag: Uint8Array, tell: () => void): Expected | undefined {
    const key = toHex(tag)
    if (this.#tags.has(key)) return undefined
    this.#tags.add(key)
    tell()
    return {
      close: () => {
        if (this.#tags.delete(key)) this.#remote.tell('forget', tag)
      },
    }
  }

  #onEvent(event: ReceivingEvent): void {
    if (event.kind === 'progress') {
      this.#collectings.get(event.collection)?.onProgress(event.progress)
    } else {
      this.#waiting.get(event.beat)?.()
      this.#waiting.delete(event.beat)
    }
  }
}

interface CollectingPorts {
  expect(tag: Uint8Array, headerKey: Uint8Array, way: Way, slot: number): Expected | undefined
  closed(): void
}

/** What arrives in one session, from `begin` to `finish`. From `beginDirect` on only the direct probe counts. */
export class Collecting {
  readonly #id: number
  readonly #remote: Remote<'receiving'>
  readonly #ports: CollectingPorts
  /** the latest report of the worker; undefined before the first */
  progress: Progress | undefined

  constructor(id: number, remote: Remote<'receiving'>, ports: CollectingPorts) {
    this.#id = id
    this.#remote = remote
    this.#ports = ports
  }

  /** The receiver was closed: nothing arrives any more. */
  get isOver(): boolean {
    return this.#remote.isClosed
  }

  /**
   * A sender's main flow by way of the provider, or its control datagrams and direct probe. Both count from the source of
   * the first challenge under the tag.
   * @param headerKey of the sender's headers
   * @returns undefined if the tag is expected already
   */
  expect(slot: number, tag: Uint8Array, headerKey: Uint8Array, way: Way): Expected | undefined {
    return this.#ports.expect(tag, headerKey, way, slot)
  }

  /**
   * Resolves once arrivals count, so that senders may start.
   * @param needed k − f', less the senders that the provider refused
   * @param turns of a soak, by sender
   */
  begin(startMs: number, options: EstimatorOptions, needed: number, turns: readonly TurnPlan[] = []): Promise<void> {
    return this.#remote.call('begin', this.#id, startMs, options, turns, needed)
  }

  /** Resolves once only the direct probe counts. From then on `progress` is that of the probe. */
  async beginDirect(startMs: number, options: EstimatorOptions): Promise<void> {
    await this.#remote.call('beginDirect', this.#id, startMs, options)
    this.progress = undefined
  }

  /** Stops counting. @returns what arrived, by sender */
  async finish(): Promise<SenderArrivals[]> {
    const { senders, haltedMs } = await this.#remote.call('finish', this.#id)
    const arrived = ({ rows, arrived }: { rows: ChunkRows; arrived: number }): Arrived => ({
      chunks: chunksOf(rows),
      arrived,
    })
    return senders.map(({ main, control, direct, turn, turnRead, host, small }) => ({
      main: arrived(main),
      control: arrived(control),
      direct: arrived(direct),
      turn: arrived(turn),
      turnRead,
      ...{ host, small },
      haltedMs,
    }))
  }

  /** Only after `finish`: generates a run's data again and compares the hashes. @param maxSentUs see `verifyChunks` */
  verify(slot: number, run: Run, key: Uint8Array, maxSentUs: number): Promise<Verified> {
    return this.#remote.call('verify', this.#id, slot, run, key, maxSentUs)
  }

  close(): void {
    this.#ports.closed()
    this.#remote.tell('drop', this.#id)
  }

  onProgress(progress: Progress): void {
    this.progress = progress
  }
}
