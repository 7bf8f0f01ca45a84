/**
 * The instants at which a receiver acts, within the slots and ticks that the assignment makes public. They are drawn from
 * the receiver's `providerSchedule` (proto/digests.ts), which nobody can foresee, and which its vote shows afterwards.
 */
import { keccakText, keccakWords } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import type { NetworkParams } from '../../../proto/params.js'

const SOAK = keccakText('bandwitness/v1/draw/soak')
const SESSION = keccakText('bandwitness/v1/draw/session-offset')
const TICK = keccakText('bandwitness/v1/draw/tick-offset')

/** A vote holds one bit for each tick in a 256-bit map. */
const MAX_TICKS = 256

/** Whole ticks in an epoch. */
export const ticksOf = (params: Pick<NetworkParams, 'epochSeconds' | 'tickMs'>): number =>
  Math.min(MAX_TICKS, Math.floor((params.epochSeconds * 1000) / params.tickMs))

/**
 * Whether all of a provider's sessions in the epoch of this beacon are soaks. Everybody knows as soon as the beacon is
 * known, and that is no harm: a provider that can keep up its rate through a soak has that rate.
 */
export const isSoak = (beacon: Hex, provider: Hex, params: Pick<NetworkParams, 'soakShareBps'>): boolean =>
  BigInt(keccakWords(['bytes32', 'bytes32', 'address'], [beacon, SOAK, provider])) % 10_000n <
  BigInt(params.soakShareBps)

/** From the start of the session's slot, in whole milliseconds below `offsetMs`. */
export const sessionOffsetMs = (scheduleProof: Hex, params: Pick<NetworkParams, 'offsetMs'>): number =>
  offset(scheduleProof, SESSION, 0, params.offsetMs)

/**
 * The offset of a group of receivers: the latest that a receiver alone may draw. The offset is no secret, since all
 * members must know it. It reveals only the instant within a slot, and the slot is public anyway.
 */
export const groupOffsetMs = (params: Pick<NetworkParams, 'offsetMs'>): number => params.offsetMs

/** From the start of the tick to its heartbeat, in whole milliseconds below `tickMs`. */
export const tickOffsetMs = (scheduleProof: Hex, tick: number, params: Pick<NetworkParams, 'tickMs'>): number =>
  offset(scheduleProof, TICK, tick, params.tickMs)

function offset(scheduleProof: Hex, label: Hex, counter: number, rangeMs: number): number {
  if (rangeMs === 0) return 0
  // 2^256 mod the range is negligible beside 2^256, so the draw needs no rejection.
  const draw = BigInt(keccakWords(['bytes32', 'bytes32', 'uint32'], [scheduleProof, label, counter]))
  return Number(draw % BigInt(rangeMs))
}
