/** One direction of a connection: what passes is kept in order, and waits while the link is cut or slow. */
import type { Link } from '../condition-messages.js'

interface Waiting {
  readonly dueMs: number
  readonly bytes: number
  readonly act: () => void
}

export class Line {
  readonly #link: () => Link
  #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(link: () => Link) {
    this.#link = link
  }

  /** Whether `pass` acts at once. */
  get isOpen(): boolean {
    const { cut, delayMs } = this.#link()
    return this.#waiting.length === 0 && !cut && delayMs === 0
  }

  /** How much waits. */
  get bytes(): number {
    return this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  pass(act: () => void, bytes = 0): void {
    if (this.isOpen) act()
    else {
      this.#waiting.push({ dueMs: performance.now() + this.#link().delayMs, bytes, act })
      this.wake()
    }
  }

  /** Acts on what is due. Call it when the link has changed. */
  wake(): void {
    while (!this.#link().cut && this.#waiting.length > 0 && this.#waiting[0]!.dueMs <= performance.now()) {
      this.#waiting.shift()!.act()
    }
    clearTimeout(this.#timer)
    const next = this.#waiting[0]
    if (next === undefined || this.#link().cut) return
    this.#timer = setTimeout(() => this.wake(), next.dueMs - performance.now())
  }

  /** Forgets what waits. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#waiting = []
  }
}
