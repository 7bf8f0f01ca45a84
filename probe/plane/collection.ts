/**
 * One session's arrivals. For each sender there are the chunks of its main flow, of its turn in a soak, of its control
 * datagrams and of its direct probe. One estimate covers all main flows together, another all direct probes. In a soak
 * each turn has an estimate of its own, over its sender's data alone. Direct probes count from `beginDirect` on. All
 * else counts from `begin` until `beginDirect` or `finish`.
 */

import { randomBytes } from 'node:crypto'
import { DIRECT_SEQUENCE, headerBytes, ipDatagramBytes, TURN_SEQUENCE } from '../../proto/datagram.js'
import { ChunkCollector } from '../chunks/collect.js'
import { FIRST_CHUNK, type Run } from '../chunks/runs.js'
import { type ChunkRows, chunksOf } from '../chunks/table.js'
import { verifyChunks } from '../chunks/verify.js'
import type { DatagramPort } from '../io/datagram-port.js'
import type { MonotonicClock } from '../ports.js'
import { type ControlFlow, isEnoughControl } from '../verdict/control.js'
import { type Estimate, Estimator, type EstimatorOptions } from '../verdict/estimator.js'
import { leastVerifiedKbps } from '../verdict/other-limit.js'
import type { FixedSpan } from '../verdict/spans.js'
import { middleTurn } from '../verdict/turns.js'
import type { Verified } from '../wire/verified.js'
import { ControlCount } from './control-count.js'
import { Crowd } from './crowd.js'
import { HostPins } from './host-pins.js'
import { OverrunWatch } from './overrun-watch.js'

import { patienceMs, STARVED_MS } from './patience.js'
import { SizeCount } from './size-count.js'

const FIRST_SEQUENCE: Record<Run, number> = { main: 0, control: 0, direct: DIRECT_SEQUENCE, turn: TURN_SEQUENCE }

/** The way by which a sender's data comes. */
export type Way = 'provider' | 'direct'

/** What arrived of one run, in the form that crosses to the main thread. */
export interface ArrivedRows {
  readonly rows: ChunkRows
  readonly arrived: number
}

export interface Progress {
  /** the measurement has seen enough, or is out of time */
  readonly isDone: boolean
  /** over all main flows; of a soak that of the middle turn, once all turns are read */
  readonly estimate: Estimate
  /** end of the discard; before the first arrival, the latest time at which it may end */
  readonly sinceMs: number
  /** by sender; undefined if the session is no soak */
  readonly turns: readonly Estimate[] | undefined
  /** of the direct probe; undefined before it */
  readonly direct: Estimate | undefined
  /** how long the receiving thread stood still */
  readonly starvedMs: number
  /** datagrams for which the port had no room since the discard; in a soak, during the readings of all turns */
  readonly overruns: number
  /** since the discard; undefined in a soak */
  readonly meanKbps: number | undefined
  /** datagrams through the provider so far, by sender */
  readonly arrived: readonly number[]
  /** control datagrams so far, by sender, judged by their sequence numbers */
  readonly control: readonly (ControlFlow | undefined)[]
}

/** Most datagrams of one sender's run. */
export type RunLimits = Readonly<Record<Run, number>>

/** What arrived of each sender. Main and control datagrams counted until `haltedMs`, on the receiver's clock. */
export interface Arrivals {
  readonly senders: readonly (Record<Run, ArrivedRows> & {
    readonly turnRead: TurnRead | undefined
    readonly host: string | undefined
    readonly small: number
  })[]
  readonly haltedMs: number
}

/** When a turn is due, counted from the start, and the part of it that is read. */
export interface TurnPlan {
  readonly fromMs: number
  readonly span: FixedSpan
}

/** Readings by the receiver's clock of one sender's turn. */
export interface TurnRead {
  /** over this sender's data alone */
  readonly estimate: Estimate
  /**
   * rate through the provider under each other sender's tag during the turn, in kbit/s at the IP layer; 0 for this
   * sender
   */
  readonly crowdKbps: readonly number[]
}

/** How often the measurement is looked at. */
const LOOK_MS = 10
const HASH_SECRET_BYTES = 32
/** The worker reports to the main thread about this often, and at once when the collection is done. */
const TELL_MS = 50
/** Windows close this much late, because a datagram that has arrived may still wait behind this very timer. */
const GRACE_MS = 15
export class Collection {
  readonly sizes: SizeCount
  readonly #senders: readonly Record<Run, ChunkCollector>[]
  readonly #clock: MonotonicClock
  readonly #port: DatagramPort
  readonly #tell: (progress: Progress) => void
  readonly pins: HostPins
  readonly #controlCount: ControlCount
  readonly #ipv6: boolean
  #estimator: Estimator | undefined
  /** in a soak, by sender: the estimator of its turn */
  #turns: readonly Estimator[] = []
  #crowd: Crowd | undefined
  #needed = 0
  #claimKbps = 0
  #direct: Estimator | undefined
  #haltedMs: number | undefined
  #timer: NodeJS.Timeout | undefined
  #patienceMs = STARVED_MS
  #lookedMs = 0
  #toldMs = 0
  #wasDone = false
  #starvedMs = 0
  readonly #overruns = new OverrunWatch()

  constructor(
    senders: number,
    limits: RunLimits,
    clock: MonotonicClock,
    port: DatagramPort,
    tell: (progress: Progress) => void,
    ipv6: boolean,
  ) {
    this.#senders = Array.from({ length: senders }, () => {
      const hashSecret = randomBytes(HASH_SECRET_BYTES)
      const collector = (run: Run) => new ChunkCollector(limits[run], hashSecret, FIRST_CHUNK[run])
      return {
        main: collector('main'),
        control: collector('control'),
        direct: collector('direct'),
        turn: collector('turn'),
      }
    })
    this.pins = new HostPins(senders)
    this.sizes = new SizeCount(senders)
    this.#controlCount = new ControlCount(senders)
    this.#ipv6 = ipv6
    this.#clock = clock
    this.#port = port
    this.#tell = tell
  }

  /**
   * @param turns of a soak, by sender; empty for an ordinary session
   * @param needed k − f', less the senders that the provider refused
   */
  begin(startMs: number, options: EstimatorOptions, turns: readonly TurnPlan[], needed: number): void {
    this.#needed = needed
    this.#claimKbps = options.claimKbps
    this.#turns = turns.map(({ fromMs, span }) => new Estimator(startMs + fromMs, { ...options, fixed: span }))
    this.#crowd = turns.length > 0 ? new Crowd(startMs, turns.length) : undefined
    this.#estimator = new Estimator(startMs, options)
    this.#patienceMs = patienceMs(this.#port.facts, options.claimKbps)
    this.#lookedMs = this.#clock.now()
    this.#toldMs = this.#lookedMs
    this.#overruns.look(this.#lookedMs, this.#port.overruns)
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
  }

  /** From now on only the direct probe counts. */
  beginDirect(startMs: number, options: EstimatorOptions): void {
    this.#halt()
    this.#direct = new Estimator(startMs, options)
    this.#wasDone = false
  }

  /** Counts any datagram that came through the provider under a sender's tag, even one that is no data. */
  pass(slot: number, length: number, arrivedMs: number): void {
    this.#crowd?.pass(slot, length + headerBytes(this.#ipv6), arrivedMs)
  }

  /**
   * Data through the provider counts only from the common host.
   * @param sequence number in the datagram's header
   */
  accept(slot: number, way: Way, sequence: number, maskedTime: number, payload: Uint8Array, arrivedMs: number): void {
    if (way === 'provider' && !this.pins.isCommon(slot)) return
    const run = this.#runOf(way, sequence)
    const estimator = run === 'turn' ? this.#turns[slot] : this.#estimator
    const counts = run === 'direct' ? this.#direct : this.#haltedMs === undefined && estimator
    if (!counts) return
    if (this.#senders[slot]![run].accept(sequence - FIRST_SEQUENCE[run], maskedTime, payload, arrivedMs) !== 'new')
      return
    if (run !== 'control') {
      counts.push(arrivedMs, ipDatagramBytes(this.#ipv6))
      return
    }
    // In an ordinary session, the evidence of a reading is what arrives beside the reading.
    if (this.#turns.length > 0 || arrivedMs >= this.#estimator!.sinceMs)
      this.#controlCount.add(slot, sequence, arrivedMs)
  }

  finish(): Arrivals {
    this.#halt()
    this.close()
    const arrived = (collector: ChunkCollector): ArrivedRows => {
      const { arrived } = collector
      return { rows: collector.finish().rows, arrived }
    }
    const senders = this.#senders.map(({ main, control, direct, turn }, slot) => ({
      main: arrived(main),
      control: arrived(control),
      direct: arrived(direct),
      turn: arrived(turn),
      turnRead: this.#turnRead(slot),
      host: this.pins.hosts[slot],
      small: this.sizes.counts[slot]!,
    }))
    return { senders, haltedMs: this.#haltedMs! }
  }

  #turnRead(slot: number): TurnRead | undefined {
    const estimate = this.#turns[slot]?.result()
    return estimate && this.#crowd && { estimate, crowdKbps: this.#crowd.beside(slot, estimate) }
  }

  #runOf(way: Way, sequence: number): Run {
    if (way === 'direct') return sequence < DIRECT_SEQUENCE ? 'control' : 'direct'
    return this.#turns.length > 0 && sequence >= TURN_SEQUENCE ? 'turn' : 'main'
  }

  /** Only after `finish`. */
  verify(slot: number, run: Run, key: Uint8Array, maxSentUs: number): Promise<Verified> {
    return verifyChunks(key, chunksOf(this.#senders[slot]![run].finish().rows), maxSentUs, FIRST_CHUNK[run])
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
    const control = this.#controlCount.flows
    const isDone = this.#isDone(nowMs - GRACE_MS, isEnoughControl(control, this.#needed))
    // What comes after a silent session is no data of it: else a provider could turn `dead` into "at least 0".
    if (this.#estimator!.isSilent) this.#haltedMs ??= nowMs
    if (nowMs - this.#toldMs < TELL_MS && isDone === this.#wasDone) return
    this.#toldMs = nowMs
    this.#wasDone = isDone
    this.#overruns.look(nowMs, this.#port.overruns)
    this.#tell({
      isDone,
      estimate: this.#estimate(isDone),
      sinceMs: this.#estimator!.sinceMs,
      turns: this.#turns.length > 0 ? this.#turns.map(turn => turn.result()) : undefined,
      direct: this.#direct?.result(),
      starvedMs: this.#starvedMs,
      overruns: this.#overrunsInReading(),
      meanKbps: this.#turns.length > 0 ? undefined : this.#estimator!.meanKbps,
      arrived: this.#senders.map(({ main, turn }) => main.arrived + turn.arrived),
      control,
    })
  }

  #isDone(nowMs: number, hasControl: boolean): boolean {
    if (this.#direct) return this.#direct.isDone(nowMs, hasControl)
    const arrived = this.#senders.map(({ main }) => main.arrived)
    const surely = (kbps: number): number => leastVerifiedKbps(this.#claimKbps, kbps, arrived)
    const isRead = this.#estimator!.isDone(nowMs, hasControl, surely)
    return this.#turns.map(turn => turn.isDone(nowMs, hasControl)).every(Boolean) && isRead
  }

  #estimate(isDone: boolean): Estimate {
    if (this.#turns.length === 0 || !(isDone || this.#direct)) return this.#estimator!.result()
    const turns = this.#turns.map(turn => turn.result())
    return middleTurn(turns, ({ rateKbps }) => rateKbps)
  }

  #overrunsInReading(): number {
    const within = ({ fromMs, toMs }: Estimate, sinceMs = fromMs) => this.#overruns.within({ fromMs: sinceMs, toMs })
    if (this.#turns.length === 0) return within(this.#estimator!.result(), this.#estimator!.sinceMs)
    return this.#turns.reduce((sum, turn) => sum + within(turn.result()), 0)
  }
}
