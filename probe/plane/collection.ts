/**
 * One session's arrivals: of each sender the chunks of its main flow, of its turn in a soak, of its control datagrams and
 * of its direct probe, and over all main flows together the estimate, over all direct ones another. In a soak each turn has
 * an estimate of its own, over its one sender's data. All but direct probes count from `begin` until `beginDirect` or
 * `finish`, these from `beginDirect` on.
 */

import {
  CONTROL_CHUNK,
  DIRECT_CHUNK,
  DIRECT_SEQUENCE,
  IP_DATAGRAM_BYTES,
  TURN_CHUNK,
  TURN_SEQUENCE,
} from '../../proto/datagram.js'
import { ChunkCollector } from '../chunks/collect.js'
import type { Run } from '../chunks/runs.js'
import { type ChunkRows, chunksOf } from '../chunks/table.js'
import { verifyChunks } from '../chunks/verify.js'
import type { DatagramPort, PortFacts } from '../io/datagram-port.js'
import type { MonotonicClock } from '../ports.js'
import { type ControlFlow, isEnoughControl } from '../verdict/control.js'
import { type Estimate, Estimator, type EstimatorOptions, type FixedSpan } from '../verdict/estimator.js'
import { bytesIn } from '../verdict/share.js'
import { middleTurn } from '../verdict/turns.js'
import type { Verified } from '../wire/verified.js'

const FIRST_CHUNK: Record<Run, number> = { main: 0, control: CONTROL_CHUNK, direct: DIRECT_CHUNK, turn: TURN_CHUNK }

const FIRST_SEQUENCE: Record<Run, number> = { main: 0, control: 0, direct: DIRECT_SEQUENCE, turn: TURN_SEQUENCE }

/** What arrived of one run, as it crosses to the main thread. */
export interface ArrivedRows {
  readonly rows: ChunkRows
  readonly arrived: number
  readonly highest: number
}

export interface Progress {
  /** enough was seen, or there is no more time */
  readonly isDone: boolean
  /** of a soak that of the turn in the middle, once all are read; before that of what all sent together */
  readonly estimate: Estimate
  /** of a soak, by sender */
  readonly turns: readonly Estimate[] | undefined
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
  readonly senders: readonly (Record<Run, ArrivedRows> & { readonly turnRead: TurnRead | undefined })[]
  readonly haltedMs: number
}

/** When a turn is due, from the start, and what of it is read. */
export interface TurnPlan {
  readonly fromMs: number
  readonly span: FixedSpan
}

/** What the clock says of one sender's turn. */
export interface TurnRead {
  /** over its own data alone */
  readonly estimate: Estimate
  /** what came through the provider under each sender's tag in the meantime, kbit/s at the IP layer; its own counts 0 */
  readonly crowdKbps: readonly number[]
}

/** Arrivals under all tags are kept in intervals of this length. */
const CROWD_MS = 50

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
  /** of a soak: by sender its turn's, and the bytes that came through the provider in each interval from the start */
  #turns: readonly Estimator[] = []
  #passed: readonly number[][] = []
  #startMs = 0
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
      turn: collector('turn'),
    }))
    this.#controlSpans = new Array(senders).fill(undefined)
    this.#clock = clock
    this.#port = port
    this.#tell = tell
  }

  /** @param turns of a soak, by sender; none of another session */
  begin(startMs: number, options: EstimatorOptions, turns: readonly TurnPlan[]): void {
    this.#startMs = startMs
    this.#turns = turns.map(({ fromMs, span }) => new Estimator(startMs + fromMs, { ...options, fixed: span }))
    this.#passed = turns.map(() => [])
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

  /** Anything that came under a sender's tag at the provider, whatever it is. */
  pass(slot: number, bytes: number, arrivedMs: number): void {
    const intervals = this.#passed[slot]
    if (!intervals) return
    const at = Math.max(0, Math.floor((arrivedMs - this.#startMs) / CROWD_MS))
    intervals[at] = (intervals[at] ?? 0) + bytes
  }

  /** @param fromProvider the rest came directly. @param sequence as the datagram has it. @param hashed masked send time and payload */
  accept(slot: number, fromProvider: boolean, sequence: number, hashed: Uint8Array, arrivedMs: number): void {
    const run = this.#runOf(fromProvider, sequence)
    const estimator = run === 'turn' ? this.#turns[slot] : this.#estimator
    const counts = run === 'direct' ? this.#direct : this.#haltedMs === undefined && estimator
    if (!counts) return
    if (this.#senders[slot]![run].accept(sequence - FIRST_SEQUENCE[run], hashed, arrivedMs) !== 'new') return
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
    const senders = this.#senders.map(({ main, control, direct, turn }, slot) => ({
      main: arrived(main),
      control: arrived(control),
      direct: arrived(direct),
      turn: arrived(turn),
      turnRead: this.#turnRead(slot),
    }))
    return { senders, haltedMs: this.#haltedMs! }
  }

  #turnRead(slot: number): TurnRead | undefined {
    const estimate = this.#turns[slot]?.result()
    if (!estimate) return undefined
    const first = Math.max(0, Math.ceil((estimate.fromMs - this.#startMs) / CROWD_MS))
    const end = Math.max(first + 1, Math.floor((estimate.toMs - this.#startMs) / CROWD_MS))
    const crowdKbps = this.#passed.map((intervals, other) => {
      if (other === slot) return 0
      let bytes = 0
      for (let at = first; at < end; at++) bytes += intervals[at] ?? 0
      return (bytes * 8) / ((end - first) * CROWD_MS)
    })
    return { estimate, crowdKbps }
  }

  #runOf(fromProvider: boolean, sequence: number): Run {
    if (!fromProvider) return sequence < DIRECT_SEQUENCE ? 'control' : 'direct'
    return this.#turns.length > 0 && sequence >= TURN_SEQUENCE ? 'turn' : 'main'
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
    const isDone = this.#isDone(nowMs - GRACE_MS, isEnoughControl(control))
    if (nowMs - this.#toldMs < TELL_MS && isDone === this.#wasDone) return
    this.#toldMs = nowMs
    this.#wasDone = isDone
    this.#tell({
      isDone,
      estimate: this.#estimate(isDone),
      turns: this.#turns.length > 0 ? this.#turns.map(turn => turn.result()) : undefined,
      direct: this.#direct?.result(),
      starvedMs: this.#starvedMs,
      arrived: this.#senders.map(({ main, turn }) => main.arrived + turn.arrived),
      control,
    })
  }

  #isDone(nowMs: number, hasControl: boolean): boolean {
    const estimators = this.#direct ? [this.#direct] : [this.#estimator!, ...this.#turns]
    return estimators.map(one => one.isDone(nowMs, hasControl)).every(Boolean)
  }

  #estimate(isDone: boolean): Estimate {
    if (this.#turns.length === 0 || !(isDone || this.#direct)) return this.#estimator!.result()
    const turns = this.#turns.map(turn => turn.result())
    return middleTurn(turns, ({ rateKbps }) => rateKbps)
  }

  #controlFlows(): (ControlFlow | undefined)[] {
    return this.#senders.map(({ control: { highest, arrived } }, slot) => {
      const span = this.#controlSpans[slot]
      return span && { sent: highest + 1, arrived, spanMs: span.lastMs - span.firstMs, riseMs: 0 }
    })
  }
}
