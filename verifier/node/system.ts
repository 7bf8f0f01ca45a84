/** The machine's clocks and its randomness, as the ports of the probe and of the node take them. */
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { MonotonicClock, RandomSource } from '../../probe/ports.js'

/** The network's time: epochs are counted in it. */
export interface WallClock {
  /** milliseconds of Unix time */
  nowMs(): number
}

export const WALL_CLOCK: WallClock = { nowMs: () => Date.now() }
export const MONOTONIC_CLOCK: MonotonicClock = { now: () => performance.now() }
export const SYSTEM_RANDOM: RandomSource = { bytes: length => new Uint8Array(randomBytes(length)) }
