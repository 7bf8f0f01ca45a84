/** This machine's clock and random source, for composition roots: all other code takes both as ports. */
import { randomBytes } from 'node:crypto'
import { monotonicMs } from './plane/clock.js'
import type { MonotonicClock, RandomSource } from './ports.js'

/** Its times can be compared between processes of one machine. */
export const systemClock: MonotonicClock = { now: monotonicMs }

/** Cryptographically secure. */
export const systemRandom: RandomSource = { bytes: length => new Uint8Array(randomBytes(length)) }
