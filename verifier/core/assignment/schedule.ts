/**
 * When, within what the assignment makes public, a receiver acts: drawn from its `providerSchedule` (proto/digests.ts),
 * which nobody can foresee and which its vote shows afterwards.
 */
import { keccakText, keccakWords } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import type { NetworkParams } from '../../../proto/params.js'

const SOAK = keccakText('bandwitness/v1/draw/soak')
const SESSION = keccakText('bandwitness/v1/draw/session-offset')
const TICK = keccakText('bandwitness/v1/draw/tick-offset')

/** A tick's place in a vote is a bit of a 256-bit map. */
const MAX_TICKS = 256

/** Whole ticks in an epoch. */
export const ticksOf = (params: Pick<NetworkParams, 'epochSeconds' | 'tickMs'>): number =>
  Math.min(MAX_TICKS, Math.floor((params.epochSeconds * 1000) / params.tickMs))

/**
 * Whether all of a provider's sessions in the epoch of this beacon are soaks. Known to all as soon as the beacon is: a
 * provider that keeps up its rate for so long because it is watched has the rate.
 */
export const isSoak = (beacon: Hex, provider: Hex, params: Pick<NetworkParams, 'soakShareBps'>): boolean =>
  BigInt(keccakWords(['bytes32', 'bytes32', 'address'], [beacon, SOAK, provider])) % 10_000n <
  BigInt(params.soakShareBps)

/** From the start of the session's slot, in whole milliseconds below `offsetMs`. */
export const sessionOffsetMs = (scheduleProof: Hex, params: Pick<NetworkParams, 'offsetMs'>): number =>
  offset(scheduleProof, SESSION, 0, params.offsetMs)

/**
 * The same for a group of receivers: the last of the offsets that one alone may draw. It is no secret, since all members have
 * to know it; nothing is told but the instant within a slot that is public anyway.
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
