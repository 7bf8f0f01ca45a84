/** A link of a known rate: datagrams wait for it, and go out in the order of the scheduler, turn after turn. */
import { type Paced, startPaced, stopPaced } from '../io/ticker.js'
import type { MonotonicClock } from '../ports.js'
import type { RelayedSession } from './relayed-session.js'
import { Scheduler } from './scheduler.js'

/** A copy that waits for its turn. */
export interface WaitingDatagram {
  readonly bytes: Buffer
  /** of the session */
  readonly session: number
}

export interface FullLinkOptions {
  readonly linkKbps: number
  readonly claimKbps: number
  readonly clock: MonotonicClock
  readonly send: (waiting: WaitingDatagram) => void
  /** hears of each datagram that has waited too long */
  readonly giveWay: (waiting: WaitingDatagram) => void
}

/** Between two turns, a little of the link goes at once. */
const TURN_MS = 0.5

export class FullLink implements Paced {
  readonly #clock: MonotonicClock
  readonly #send: (waiting: WaitingDatagram) => void
  readonly #scheduler: Scheduler<WaitingDatagram>

  constructor({ linkKbps, claimKbps, clock, send, giveWay }: FullLinkOptions) {
    this.#clock = clock
    this.#send = send
    this.#scheduler = new Scheduler(linkKbps, claimKbps, clock.now(), giveWay)
  }

  /** For a claim that changed on chain. */
  setClaim(claimKbps: number): void {
    this.#scheduler.setClaim(claimKbps, this.#clock.now())
  }

  /** `sendOn` must follow, after others perhaps. */
  queue(session: RelayedSession, waiting: WaitingDatagram, arrivedMs: number): void {
    this.#release(arrivedMs)
    const bytes = session.bytesOf(waiting.bytes.length)
    this.#scheduler.add(session.classAt(arrivedMs), session.id, waiting, bytes, arrivedMs)
  }

  /** Sends what the link takes now, and goes on until nothing waits. */
  sendOn(): void {
    this.#release(this.#clock.now())
    if (this.#scheduler.dueMs !== undefined) startPaced(this)
  }

  /** Runs while something waits. */
  run(): number | undefined {
    const nowMs = this.#clock.now()
    this.#release(nowMs)
    const { dueMs } = this.#scheduler
    return dueMs === undefined ? undefined : performance.now() + Math.max(TURN_MS, dueMs - nowMs)
  }

  stop(): void {
    stopPaced(this)
  }

  #release(nowMs: number): void {
    for (let next = this.#scheduler.next(nowMs); next !== undefined; next = this.#scheduler.next(nowMs))
      this.#send(next)
  }
}
