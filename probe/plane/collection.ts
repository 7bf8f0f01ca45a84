/**
 * One session's arrivals: of each sender the chunks of its main flow, of its control datagrams and of its direct probe,
 * and over all main flows together the estimate, over all direct ones another. Main and control datagrams count from
 * `begin` until `beginDirect` or `finish`, those of a direct probe from `beginDirect` on.
 */
import { CONTROL_CHUNK, DIRECT_CHUNK, IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { type ChunkRows, chunksOf } from '../chunk-table.js'
import { ChunkCollector } from '../chunks.js'
import { type ControlFlow, isEnoughControl } from '../control.js'
import { type Estimate, Estimator, type EstimatorOptions } from '../estimator.js'
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
  /** of the direct probe; undefined before it */
  readonly direct: Estimate | undefined
  /** how long the thread that receives stood still */
  readonly starvedMs: number
  /** datagrams through the provider so far, by sender */
  readonly arrived: readonly number[]
  /** control datagrams so far, by sender, as far as their numbers tell */
  readonly control: readonly (ControlFlow | undefined)[]
}

/** Most datagrams of one sender's run. */
export type RunLimits = Readonly<Record<Run, number>>

/** What arrived of each sender, and until when on the receiver's clock main and control datagrams counted. */
export interface Arrivals {
  readonly senders: readonly Record<Run, ArrivedRows>[]
  readonly haltedMs: number
}

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
  /** first and last arrival of each sender's control datagrams */
  readonly #controlSpans: ({ readonly firstMs: number; lastMs: number } | undefined)[]
  #estimator: Estimator | undefined
  #direct: Estimator | undefined
  #haltedMs: number | undefined
  #timer: NodeJS.Timeout | undefined
  #patienceMs = STARVED_MS
  #lookedMs = 0
  #toldMs = 0
  #wasDone = false
  #starvedMs = 0

  constructor(
    senders: number,
    limits: RunLimits,
    clock: MonotonicClock,
    port: DatagramPort,
    tell: (progress: Progress) => void,
  ) {
    const collector = (run: Run) => new ChunkCollector(limits[run], FIRST_CHUNK[run])
    this.#senders = Array.from({ length: senders }, () => ({
      main: collector('main'),
      control: collector('control'),
      direct: collector('direct'),
    }))
    this.#controlSpans = new Array(senders).fill(undefined)
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

  /** Counts the direct probe from now on, and nothing else. */
  beginDirect(startMs: number, options: EstimatorOptions): void {
    this.#halt()
    this.#direct = new Estimator(startMs, options)
    this.#wasDone = false
  }

  /** @param sequence from the run's start. @param hashed masked send time and payload */
  accept(slot: number, run: Run, sequence: number, hashed: Uint8Array, arrivedMs: number): void {
    const counts = run === 'direct' ? this.#direct : this.#haltedMs === undefined && this.#estimator
    if (!counts || this.#senders[slot]![run].accept(sequence, hashed, arrivedMs) !== 'new') return
    if (run !== 'control') {
      counts.push(arrivedMs, IP_DATAGRAM_BYTES)
      return
    }
    const span = this.#controlSpans[slot]
    if (span) span.lastMs = arrivedMs
    else this.#controlSpans[slot] = { firstMs: arrivedMs, lastMs: arrivedMs }
  }

  finish(): Arrivals {
    this.#halt()
    this.close()
    const arrived = (collector: ChunkCollector): ArrivedRows => {
      const { arrived, highest } = collector
      return { rows: collector.finish().rows, arrived, highest }
    }
    const senders = this.#senders.map(({ main, control, direct }) => ({
      main: arrived(main),
      control: arrived(control),
      direct: arrived(direct),
    }))
    return { senders, haltedMs: this.#haltedMs! }
  }

  /** Only after `finish`. */
  verify(slot: number, run: Run, key: Uint8Array, maxSentUs: number): Promise<Verified> {
    return verifyChunks(key, chunksOf(this.#senders[slot]![run].finish().rows), maxSentUs)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #halt(): void {
    this.#port.receive()
    this.#haltedMs ??= this.#clock.now()
  }

  #look(): void {
    this.#port.receive()
    const nowMs = this.#clock.now()
    const lateMs = nowMs - this.#lookedMs - LOOK_MS
    if (lateMs > this.#patienceMs && !this.#direct) this.#starvedMs += lateMs
    this.#lookedMs = nowMs
    const control = this.#controlFlows()
    const isDone = (this.#direct ?? this.#estimator!).isDone(nowMs - GRACE_MS, isEnoughControl(control))
    if (nowMs - this.#toldMs < TELL_MS && isDone === this.#wasDone) return
    this.#toldMs = nowMs
    this.#wasDone = isDone
    this.#tell({
      isDone,
      estimate: this.#estimator!.result(),
      direct: this.#direct?.result(),
      starvedMs: this.#starvedMs,
      arrived: this.#senders.map(({ main }) => main.arrived),
      control,
    })
  }

  #controlFlows(): (ControlFlow | undefined)[] {
    return this.#senders.map(({ control: { highest, arrived } }, slot) => {
      const span = this.#controlSpans[slot]
      return span && { sent: highest + 1, arrived, spanMs: span.lastMs - span.firstMs, riseMs: 0 }
    })
  }
}
