/**
 * One session's arrivals: of each sender the chunks of its main flow, of its control datagrams and of its direct probe,
 * and over all main flows together the estimate. Arrivals count from `begin` to `finish`.
 */
import { CONTROL_CHUNK, DIRECT_CHUNK, IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { type ChunkRows, chunksOf } from '../chunk-table.js'
import { ChunkCollector } from '../chunks.js'
import { type Estimate, Estimator } from '../estimator.js'
import type { DatagramPort, PortFacts } from '../io/datagram-port.js'
import type { MonotonicClock } from '../ports.js'
import { bytesIn } from '../share.js'
import { type Verified, verifyChunks } from '../verify-chunks.js'

/** The parts of what a sender sends, each with sequence numbers and keystream of its own. */
export const RUNS = ['main', 'control', 'direct'] as const
export type Run = (typeof RUNS)[number]

const FIRST_CHUNK: Record<Run, number> = { main: 0, control: CONTROL_CHUNK, direct: DIRECT_CHUNK }

/** What arrived of one run, as it crosses to the main thread. */
export interface ArrivedRows {
  readonly rows: ChunkRows
  readonly arrived: number
  readonly highest: number
}

export interface Progress {
  /** enough was seen, or there is no more time */
  readonly isDone: boolean
  readonly estimate: Estimate
  /** how long the thread that receives stood still */
  readonly starvedMs: number
  /** control datagrams so far, all senders together */
  readonly control: number
}

export type EstimatorOptions = ConstructorParameters<typeof Estimator>[1]

/** How often the measurement is looked at. */
const LOOK_MS = 10
/** It is told about this often, and at once when it is done. */
const TELL_MS = 50
/** Windows close this much late: what has arrived in the meantime may still wait behind this very timer. */
const GRACE_MS = 15
/**
 * Where arrival times are those of callbacks, the thread stood still if a timer is this late. Where they are the kernel's,
 * a pause spoils nothing until the socket's buffer is full: half of what it accounts for is data, of twice the claim.
 */
const STARVED_MS = 50
const BUFFERED_SHARE = 0.5
const OFFERED_CLAIMS = 2

function patienceMs({ kernelTimestamps, receiveBufferBytes }: PortFacts, claimKbps: number): number {
  if (!kernelTimestamps) return STARVED_MS
  return (BUFFERED_SHARE * receiveBufferBytes) / bytesIn(OFFERED_CLAIMS * claimKbps, 1)
}

export class Collection {
  readonly #senders: readonly Record<Run, ChunkCollector>[]
  readonly #clock: MonotonicClock
  readonly #port: DatagramPort
  readonly #tell: (progress: Progress) => void
  #estimator: Estimator | undefined
  #timer: NodeJS.Timeout | undefined
  #patienceMs = STARVED_MS
  #lookedMs = 0
  #toldMs = 0
  #wasDone = false
  #starvedMs = 0

  /** @param maxDatagrams of each sender's run, as its budget allows */
  constructor(
    senders: number,
    maxDatagrams: number,
    clock: MonotonicClock,
    port: DatagramPort,
    tell: (progress: Progress) => void,
  ) {
    const collector = (run: Run) => new ChunkCollector(maxDatagrams, FIRST_CHUNK[run])
    this.#senders = Array.from({ length: senders }, () => ({
      main: collector('main'),
      control: collector('control'),
      direct: collector('direct'),
    }))
    this.#clock = clock
    this.#port = port
    this.#tell = tell
  }

  begin(startMs: number, options: EstimatorOptions): void {
    this.#estimator = new Estimator(startMs, options)
    this.#patienceMs = patienceMs(this.#port.facts, options.claimKbps)
    this.#lookedMs = this.#clock.now()
    this.#toldMs = this.#lookedMs
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
  }

  /** @param sequence from the run's start. @param hashed masked send time and payload */
  accept(slot: number, run: Run, sequence: number, hashed: Uint8Array, arrivedMs: number): void {
    if (!this.#estimator) return
    const arrival = this.#senders[slot]![run].accept(sequence, hashed, arrivedMs)
    if (arrival === 'new' && run === 'main') this.#estimator.push(arrivedMs, IP_DATAGRAM_BYTES)
  }

  finish(): Record<Run, ArrivedRows>[] {
    this.close()
    const arrived = (collector: ChunkCollector): ArrivedRows => {
      const { arrived, highest } = collector
      return { rows: collector.finish().rows, arrived, highest }
    }
    return this.#senders.map(({ main, control, direct }) => ({
      main: arrived(main),
      control: arrived(control),
      direct: arrived(direct),
    }))
  }

  /** Only after `finish`. */
  verify(slot: number, run: Run, key: Uint8Array, maxSentUs: number): Promise<Verified> {
    return verifyChunks(key, chunksOf(this.#senders[slot]![run].finish().rows), maxSentUs)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    this.#port.receive()
    const nowMs = this.#clock.now()
    const lateMs = nowMs - this.#lookedMs - LOOK_MS
    if (lateMs > this.#patienceMs) this.#starvedMs += lateMs
    this.#lookedMs = nowMs
    const isDone = this.#estimator!.isDone(nowMs - GRACE_MS)
    if (nowMs - this.#toldMs < TELL_MS && isDone === this.#wasDone) return
    this.#toldMs = nowMs
    this.#wasDone = isDone
    const control = this.#senders.reduce((sum, sender) => sum + sender.control.arrived, 0)
    this.#tell({ isDone, estimate: this.#estimator!.result(), starvedMs: this.#starvedMs, control })
  }
}
