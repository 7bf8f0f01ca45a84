/**
 * A verifier's UDP port, in the worker. The data and heartbeats of all its sessions come in here, and their tags tell
 * them apart. The port echoes challenges for expected tags alone, so it answers nobody who was not invited.
 */

import { createHash } from 'node:crypto'
import { CHALLENGE_BYTES, DATAGRAM_BYTES, HEADER_BYTES, SIZES_BYTES, TAG_BYTES } from '../../proto/datagram.js'
import type { Run } from '../chunks/runs.js'
import { BATCH, type DatagramPort, type Endpoint, type PortFacts, type ReceivedBatch } from '../io/datagram-port.js'
import { openPort } from '../io/open-port.js'
import type { MonotonicClock } from '../ports.js'
import type { EstimatorOptions } from '../verdict/estimator.js'
import { HeaderOpener } from '../wire/header-seal.js'
import { echoOf, isChallenge } from '../wire/path-validation.js'
import type { Verified } from '../wire/verified.js'
import { clockOf } from './clock.js'
import { type Arrivals, Collection, type Progress, type RunLimits, type TurnPlan, type Way } from './collection.js'
import { OVERRUNS_MS } from './counters.js'
import type { PortSpec } from './port-spec.js'
import { type ReceiverCounterMemory, type ReceiverStats, receiverStats } from './receiver-stats.js'
import { TagTable } from './tag-table.js'

/** Lengths of datagrams with a sealed header. */
const LENGTHS: ReadonlySet<number> = new Set([...SIZES_BYTES, DATAGRAM_BYTES])

export interface ReceivingOptions extends PortSpec {
  readonly counters: ReceiverCounterMemory
}

export type ReceivingEvent =
  | { readonly kind: 'progress'; readonly collection: number; readonly progress: Progress }
  | { readonly kind: 'heartbeat'; readonly beat: string }

/** Stands for a heartbeat in sets. @param bytes all that follows the tag */
export const beatOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64')

/** An expected tag, and where the datagrams under it go. */
interface Expectation {
  /** Host and port as the first challenge under this tag showed them, after any NAT: only who has the tag can send one. */
  source: Endpoint | undefined
  readonly sink: DataSink | 'heartbeats'
}

interface DataSink {
  readonly collection: Collection
  readonly slot: number
  readonly way: Way
  readonly headers: HeaderOpener
}

export class Receiving {
  readonly #clock: MonotonicClock
  readonly #stats: ReceiverStats
  readonly #emit: (event: ReceivingEvent) => void
  readonly #expected = new TagTable<Expectation>()
  readonly #collections = new Map<number, Collection>()
  /** awaited heartbeats */
  readonly #beats = new Set<string>()
  #port!: DatagramPort
  /** for each datagram of the batch in hand that is data: where it goes, and the place of its header among its sender's */
  readonly #sinks: (DataSink | undefined)[] = new Array(BATCH).fill(undefined)
  readonly #places = new Uint8Array(BATCH)
  #overrunTimer: NodeJS.Timeout | undefined

  private constructor(clock: MonotonicClock, stats: ReceiverStats, emit: (event: ReceivingEvent) => void) {
    this.#clock = clock
    this.#stats = stats
    this.#emit = emit
  }

  /** @throws UdpPortError */
  static async open(options: ReceivingOptions, emit: (event: ReceivingEvent) => void): Promise<Receiving> {
    const { host, port, backend } = options
    const clock = clockOf(options.clock)
    const receiving = new Receiving(clock, receiverStats(options.counters), emit)
    const onBatch = (batch: ReceivedBatch) => receiving.#onBatch(batch)
    receiving.#port = await openPort({ host, port, headerBytes: HEADER_BYTES, clock, offload: false, onBatch }, backend)
    receiving.#overrunTimer = setInterval(() => {
      receiving.#stats.overruns = receiving.#port.overruns
    }, OVERRUNS_MS)
    return receiving
  }

  get facts(): PortFacts {
    return this.#port.facts
  }

  collect(id: number, senders: number, limits: RunLimits, ipv6: boolean): void {
    const tell = (progress: Progress) => this.#emit({ kind: 'progress', collection: id, progress })
    this.#collections.set(id, new Collection(senders, limits, this.#clock, this.#port, tell, ipv6))
  }

  /** @param headerKey of the sender's headers */
  expect(tag: Uint8Array, headerKey: Uint8Array, way: Way, collection: number, slot: number): void {
    const headers = new HeaderOpener(headerKey, tag, slot, BATCH)
    const sink = { collection: this.#collections.get(collection)!, slot, way, headers }
    this.#expected.set(tag, { source: undefined, sink })
  }

  expectHeartbeats(tag: Uint8Array): void {
    this.#expected.set(tag, { source: undefined, sink: 'heartbeats' })
  }

  forget(tag: Uint8Array): void {
    this.#expected.delete(tag)
  }

  begin(
    collection: number,
    startMs: number,
    options: EstimatorOptions,
    turns: readonly TurnPlan[],
    needed: number,
  ): void {
    this.#collections.get(collection)!.begin(startMs, options, turns, needed)
  }

  beginDirect(collection: number, startMs: number, options: EstimatorOptions): void {
    this.#collections.get(collection)!.beginDirect(startMs, options)
  }

  finish(collection: number): Arrivals {
    return this.#collections.get(collection)!.finish()
  }

  verify(collection: number, slot: number, run: Run, key: Uint8Array, maxSentUs: number): Promise<Verified> {
    return this.#collections.get(collection)!.verify(slot, run, key, maxSentUs)
  }

  drop(collection: number): void {
    this.#collections.get(collection)!.close()
    this.#collections.delete(collection)
  }

  /** An event tells when the heartbeat is back. @param beat see `beatOf` */
  awaitBeat(beat: string): void {
    this.#beats.add(beat)
  }

  forgetBeat(beat: string): void {
    this.#beats.delete(beat)
  }

  async close(): Promise<void> {
    clearInterval(this.#overrunTimer)
    for (const collection of this.#collections.values()) collection.close()
    await this.#port.close()
  }

  #onBatch(batch: ReceivedBatch): void {
    const { count } = batch
    for (let i = 0; i < count; i++) this.#sinks[i] = this.#sort(batch, i)
    for (let i = 0; i < count; i++) this.#sinks[i]?.headers.open()
    for (let i = 0; i < count; i++) {
      const sink = this.#sinks[i]
      if (sink) this.#onData(batch, i, sink)
    }
  }

  /** Drops what nobody expects, answers what is small, and takes the header of data. @returns where data goes */
  #sort(batch: ReceivedBatch, i: number): DataSink | undefined {
    const { dropped } = this.#stats
    const length = batch.lengths[i]!
    if (length <= TAG_BYTES || length > DATAGRAM_BYTES) {
      dropped.malformed++
      return undefined
    }
    const expectation = this.#expected.find(batch.headers, i * HEADER_BYTES)
    if (!expectation) {
      dropped['unknown-tag']++
      return undefined
    }
    const { sink, source } = expectation
    if (source ? !batch.isFrom(i, source) : length !== CHALLENGE_BYTES) {
      dropped['wrong-source']++
      return undefined
    }
    if (sink !== 'heartbeats' && sink.way === 'provider') {
      sink.collection.sizes.pass(sink.slot, length)
      sink.collection.pass(sink.slot, length, batch.arrivedMs[i]!)
    }
    if (length <= CHALLENGE_BYTES) {
      this.#onChallenge(batch, i, expectation)
    } else if (sink === 'heartbeats') {
      this.#onHeartbeat(batch, i)
    } else if (LENGTHS.has(length)) {
      this.#places[i] = sink.headers.take(batch.headers, i * HEADER_BYTES)
      return sink
    }
    return undefined
  }

  #onData(batch: ReceivedBatch, i: number, { collection, slot, way, headers }: DataSink): void {
    const place = this.#places[i]!
    const sequence = headers.sequence(place)
    if (sequence === undefined) {
      this.#stats.dropped.forged++
      return
    }
    this.#stats.taken++
    if (batch.lengths[i] !== DATAGRAM_BYTES) {
      if (way === 'provider') collection.sizes.accept(slot, sequence, batch.lengths[i]!)
      return
    }
    collection.accept(slot, way, sequence, headers.maskedTime(place), batch.body(i), batch.arrivedMs[i]!)
  }

  #onHeartbeat(batch: ReceivedBatch, i: number): void {
    this.#stats.taken++
    const beat = beatOf(wholeOf(batch, i).subarray(TAG_BYTES))
    if (this.#beats.delete(beat)) this.#emit({ kind: 'heartbeat', beat })
  }

  #onChallenge(batch: ReceivedBatch, i: number, expectation: Expectation): void {
    const datagram = wholeOf(batch, i)
    if (!isChallenge(datagram)) {
      this.#stats.dropped.malformed++
      return
    }
    const { sink } = expectation
    if (!expectation.source) {
      expectation.source = batch.source(i)
      if (sink !== 'heartbeats' && sink.way === 'provider') sink.collection.pins.pin(sink.slot, expectation.source.host)
    }
    this.#stats.echoes++
    this.#port.send(echoOf(datagram), expectation.source)
  }
}

/** Header and body of a datagram, in one buffer. */
function wholeOf(batch: ReceivedBatch, i: number): Buffer {
  const { headers } = batch
  const length = batch.lengths[i]!
  const header = headers.subarray(i * HEADER_BYTES, i * HEADER_BYTES + Math.min(length, HEADER_BYTES))
  const body = batch.body(i).subarray(0, Math.max(0, length - HEADER_BYTES))
  return Buffer.concat([header, body])
}
