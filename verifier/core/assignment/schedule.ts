/**
 * The instants at which a receiver acts, within the slots and ticks that the assignment makes public. They are drawn from
 * the receiver's `providerSchedule` (proto/digests.ts), which nobody can foresee, and which its vote shows afterwards.
 */
import { togetherMs } from '../../../probe/constants.js'
import { keccakText, keccakWords } from '../../../proto/hash.js'
import { fromHex, type Hex, writeHex } from '../../../proto/hex.js'
import { DIGEST_BYTES, hashInput, input, output } from '../../../proto/keccak.js'
import type { NetworkParams } from '../../../proto/params.js'
import type { Vote } from '../../../proto/vote.js'

const SOAK = keccakText('bandwitness/v1/draw/soak')
const SESSION = keccakText('bandwitness/v1/draw/session-offset')
const TICK = keccakText('bandwitness/v1/draw/tick-offset')

/** A vote holds one bit for each tick in a 256-bit map. */
const MAX_TICKS = 256

/** Whole ticks in an epoch. */
export const ticksOf = (params: Pick<NetworkParams, 'epochSeconds' | 'tickMs'>): number =>
  Math.min(MAX_TICKS, Math.floor((params.epochSeconds * 1000) / params.tickMs))

/**
 * What draws whether a receiver's session is a soak. A receiver that measures alone has its own schedule, which nobody else
 * can foresee, so that a provider cannot rent a fast link for soaks. The members of a group must agree without talking, and
 * the only thing that all of them know is the beacon: everybody can foresee their soaks.
 * @param groups that measure the provider together in this epoch
 */
export const soakSeed = (
  { receiver, scheduleProof }: Pick<Vote, 'receiver' | 'scheduleProof'>,
  beacon: Hex,
  groups: readonly (readonly number[])[],
): Hex => (groups.some(group => group.includes(receiver)) ? beacon : scheduleProof)

/** seed, label, provider: each a word */
const SOAK_BYTES = 96
const SOAK_LABEL = fromHex(SOAK)

/**
 * Whether a receiver's sessions with the provider in the epoch are soaks: drawn from the hash of the three words
 * seed, label and provider. A report of a large network asks a hundred thousand times.
 * @param seed see `soakSeed`
 */
export function isSoak(seed: Hex, provider: Hex, { soakShareBps }: Pick<NetworkParams, 'soakShareBps'>): boolean {
  if (soakShareBps <= 0) return false
  input.fill(0, 64, SOAK_BYTES)
  writeHex(input, 0, seed)
  input.set(SOAK_LABEL, 32)
  writeHex(input, SOAK_BYTES - 20, provider)
  hashInput(SOAK_BYTES)
  let rest = 0
  for (let i = 0; i < DIGEST_BYTES; i++) rest = (256 * rest + output[i]!) % 10_000
  return rest < soakShareBps
}

/**
 * How long the senders of an ordinary session send together, since they do not know that it is no soak; undefined on a
 * network without soaks: until they are told to stop.
 */
export const flowMs = ({ soakShareBps, soakMs }: Pick<NetworkParams, 'soakShareBps' | 'soakMs'>): number | undefined =>
  soakShareBps > 0 ? togetherMs(soakMs) : undefined

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
