/** Datagrams that a forwarding lets wait: copies, sent when their time has come, in the order of their times. */

export interface DelayedDatagram {
  readonly dueMs: number
  readonly bytes: Buffer
  readonly session: number
}

export class DelayQueue {
  /** ascending by time; those before `#first` have gone */
  #waiting: DelayedDatagram[] = []
  #first = 0
  #timer: NodeJS.Timeout | undefined
  readonly #now: () => number
  readonly #release: (datagram: DelayedDatagram) => void

  constructor(now: () => number, release: (datagram: DelayedDatagram) => void) {
    this.#now = now
    this.#release = release
  }

  add(datagram: DelayedDatagram): void {
    let at = this.#waiting.length
    while (at > this.#first && this.#waiting[at - 1]!.dueMs > datagram.dueMs) at--
    this.#waiting.splice(at, 0, datagram)
    this.#timer ??= setTimeout(() => this.#run(), 1)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#waiting = []
    this.#first = 0
  }

  #run(): void {
    const nowMs = this.#now()
    while (this.#first < this.#waiting.length && this.#waiting[this.#first]!.dueMs <= nowMs) {
      this.#release(this.#waiting[this.#first++]!)
    }
    if (this.#first > this.#waiting.length / 2) {
      this.#waiting.splice(0, this.#first)
      this.#first = 0
    }
    this.#timer = this.#waiting.length > this.#first ? setTimeout(() => this.#run(), 1) : undefined
  }
}
