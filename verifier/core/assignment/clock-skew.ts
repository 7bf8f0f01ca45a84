/**
 * How far this machine's clock is off, by the ages that the chain's blocks have when this node first sees them. A block
 * cannot be seen before it is made, so an age below zero shows a clock that is behind. An age above zero is the block's
 * way to this node, and whatever the clock is ahead: the least of several ages bounds the latter.
 */
import { CLOCK_TOLERANCE_MS } from './slots.js'

/** Blocks whose ages are compared: the way of some of them is short. */
const BLOCKS = 8
/** The time of a block is in whole seconds, so a block may look that much older than it is. */
const BLOCK_TIME_STEP_MS = 1000
/** Senders then refuse a receiver's calls as too early or too late. */
const AHEAD_MS = CLOCK_TOLERANCE_MS + BLOCK_TIME_STEP_MS
/** A look is so long after the last one, and then takes as long as the chain node does. */
const LOOK_MS = 1000
/** A node that looks less often has not seen when a block came. */
const MOST_APART_MS = 5 * LOOK_MS

export class ClockSkew {
  readonly #agesMs: number[] = []
  #newestBlockMs = 0
  #lookedMs: number | undefined

  /** @param needed blocks that must come before anything is said of the clock */
  constructor(private readonly needed = BLOCKS) {}

  /** @param blockMs time of the chain's newest block. @param nowMs this machine's clock, at the same instant */
  look(blockMs: number, nowMs: number): void {
    const apartMs = nowMs - (this.#lookedMs ?? Number.NEGATIVE_INFINITY)
    this.#lookedMs = nowMs
    if (blockMs <= this.#newestBlockMs) return
    this.#newestBlockMs = blockMs
    const ageMs = nowMs - blockMs
    if (apartMs > MOST_APART_MS && ageMs >= 0) return
    // A slow chain node makes blocks look older, and no clock ahead.
    const slowMs = Math.max(0, apartMs - LOOK_MS)
    this.#agesMs.push(ageMs < 0 ? ageMs : Math.max(0, ageMs - slowMs))
    if (this.#agesMs.length > BLOCKS) this.#agesMs.shift()
  }

  /** How many blocks this node has seen come, at most those that are compared. */
  get blocks(): number {
    return this.#agesMs.length
  }

  /** The least age of the newest blocks; undefined before enough of them came. */
  get leastAgeMs(): number | undefined {
    return this.#agesMs.length < this.needed ? undefined : Math.min(...this.#agesMs)
  }

  /** What is wrong with the clock, and what to do, for the operator; undefined as long as nothing shows that. */
  get sentence(): string | undefined {
    const { found } = this
    if (found === undefined) return undefined
    return this.leastAgeMs! < 0 ? `${found}: others refuse its sessions, set it by NTP` : `${found}, set it by NTP`
  }

  /** What is wrong with the clock; undefined as long as nothing shows that. */
  get found(): string | undefined {
    const leastMs = this.leastAgeMs
    if (leastMs === undefined || (leastMs >= -CLOCK_TOLERANCE_MS && leastMs <= AHEAD_MS)) return undefined
    const seconds = (Math.abs(leastMs) / 1000).toFixed(1)
    return leastMs < 0
      ? `the clock of this machine is at least ${seconds} s behind the chain's`
      : `the chain's blocks look at least ${seconds} s old: if the chain node is not late, the clock of this machine is ahead, and others refuse its sessions`
  }
}
