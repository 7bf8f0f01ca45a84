/**
 * A verifier's UDP port, in the worker. The data and heartbeats of all its sessions come in here, and their tags tell
 * them apart. The port echoes challenges for expected tags alone, so it answers nobody who was not invited.
 */

import { createHash } from 'node:crypto'
import { CHALLENGE_BYTES, DATAGRAM_BYTES, IP_UDP_HEADER_BYTES, TAG_BYTES } from '../../proto/datagram.js'
import { HASHED_BYTES } from '../chunks/collect.js'
import type { Run } from '../chunks/runs.js'
import type { DatagramPort, Endpoint, PortFacts, ReceivedBatch } from '../io/datagram-port.js'
import { openPort } from '../io/open-port.js'
import type { MonotonicClock } from '../ports.js'
import type { EstimatorOptions } from '../verdict/estimator.js'
import { TIME_OFFSET } from '../wire/keystream.js'
import { echoOf, isChallenge } from '../wire/path-validation.js'
import type { Verified } from '../wire/verified.js'
import { clockOf } from './clock.js'
import { type Arrivals, Collection, type Progress, type RunLimits, type TurnPlan } from './collection.js'
import type { PortSpec } from './port-spec.js'
import { type ReceiverCounterMemory, type ReceiverStats, receiverStats } from './receiver-stats.js'
import { TagTable } from './tag-table.js'

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
  /** the UDP port that the provider sends from; undefined for a direct sender, whose port nobody knows beforehand */
  readonly relayPort: number | undefined
  /** the provider's address, known from its challenge; a direct sender's address, known from its first datagram */
  source: Endpoint | undefined
  readonly sink: { readonly collection: Collection; readonly slot: number } | 'heartbeats'
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
  /** views of the hashed part of a batch's datagrams: made once, so that no datagram costs a new one */
  #hashed: readonly Buffer[] = []

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
    // Headers lie apart, so that the hashed parts of the datagrams follow each other without a gap.
    receiving.#port = await openPort({ host, port, headerBytes: TIME_OFFSET, clock, offload: false, onBatch }, backend)
    return receiving
  }

  get facts(): PortFacts {
    return this.#port.facts
  }

  collect(id: number, senders: number, limits: RunLimits): void {
    const tell = (progress: Progress) => this.#emit({ kind: 'progress', collection: id, progress })
    this.#collections.set(id, new Collection(senders, limits, this.#clock, this.#port, tell))
  }

  /** @param relayPort the UDP port that the provider sends from; undefined for a direct sender */
  expect(tag: Uint8Array, relayPort: number | undefined, collection: number, slot: number): void {
    const sink = { collection: this.#collections.get(collection)!, slot }
    this.#expected.set(tag, { relayPort, source: undefined, sink })
  }

  expectHeartbeats(tag: Uint8Array, relayPort: number): void {
    this.#expected.set(tag, { relayPort, source: undefined, sink: 'heartbeats' })
  }

  forget(tag: Uint8Array): void {
    this.#expected.delete(tag)
  }

  begin(collection: number, startMs: number, options: EstimatorOptions, turns: readonly TurnPlan[]): void {
    this.#collections.get(collection)!.begin(startMs, options, turns)
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
    for (const collection of this.#collections.values()) collection.close()
    await this.#port.close()
  }

  #onBatch(batch: ReceivedBatch): void {
    const { dropped } = this.#stats
    for (let i = 0; i < batch.count; i++) {
      const length = batch.lengths[i]!
      if (length <= TAG_BYTES || length > DATAGRAM_BYTES) {
        dropped.malformed++
        continue
      }
      const expectation = this.#expected.find(batch.headers, i * TIME_OFFSET)
      if (!expectation) {
        dropped['unknown-tag']++
        continue
      }
      if (!this.#isFromSource(batch, i, expectation)) {
        dropped['wrong-source']++
        continue
      }
      const { sink, relayPort } = expectation
      if (sink !== 'heartbeats' && relayPort !== undefined) {
        sink.collection.pass(sink.slot, length + IP_UDP_HEADER_BYTES, batch.arrivedMs[i]!)
      }
      if (length <= CHALLENGE_BYTES) {
        this.#onChallenge(batch, i, expectation)
      } else if (!expectation.source) {
        dropped['wrong-source']++
      } else {
        this.#stats.taken++
        this.#onData(batch, i, expectation)
      }
    }
  }

  #isFromSource(batch: ReceivedBatch, i: number, expectation: Expectation): boolean {
    if (expectation.source) return batch.isFrom(i, expectation.source)
    if (expectation.relayPort !== undefined) return batch.source(i).port === expectation.relayPort
    expectation.source = batch.source(i)
    return true
  }

  #onData(batch: ReceivedBatch, i: number, { sink, relayPort }: Expectation): void {
    if (batch.lengths[i] !== DATAGRAM_BYTES) return
    if (sink === 'heartbeats') {
      const beat = beatOf(wholeOf(batch, i).subarray(TAG_BYTES))
      if (this.#beats.delete(beat)) this.#emit({ kind: 'heartbeat', beat })
      return
    }
    const header = batch.headers.readUInt32BE(i * TIME_OFFSET + TAG_BYTES)
    if (header >>> 24 !== sink.slot) return
    const fromProvider = relayPort !== undefined
    sink.collection.accept(sink.slot, fromProvider, header & 0xffffff, this.#hashedOf(batch, i), batch.arrivedMs[i]!)
  }

  #onChallenge(batch: ReceivedBatch, i: number, expectation: Expectation): void {
    const datagram = wholeOf(batch, i)
    if (!isChallenge(datagram)) {
      this.#stats.dropped.malformed++
      return
    }
    if (expectation.relayPort === undefined) return
    expectation.source ??= batch.source(i)
    this.#stats.echoes++
    this.#port.send(echoOf(datagram), expectation.source)
  }

  #hashedOf({ bodies }: ReceivedBatch, i: number): Buffer {
    if (this.#hashed.length === 0) {
      this.#hashed = Array.from({ length: bodies.length / HASHED_BYTES }, (_, place) =>
        bodies.subarray(place * HASHED_BYTES, (place + 1) * HASHED_BYTES),
      )
    }
    return this.#hashed[i]!
  }
}

/** Header and body of a datagram, in one buffer. */
function wholeOf({ headers, bodies, lengths }: ReceivedBatch, i: number): Buffer {
  const length = lengths[i]!
  const header = headers.subarray(i * TIME_OFFSET, i * TIME_OFFSET + Math.min(length, TIME_OFFSET))
  const body = bodies.subarray(i * HASHED_BYTES, i * HASHED_BYTES + Math.max(0, length - TIME_OFFSET))
  return Buffer.concat([header, body])
}
