/**
 * The noise of honest sessions: errors and losses as docs/research/measurement.md publishes them, and accidents, of which that
 * page has none. Pure.
 */
import { CONTROL_LOSS_BPS } from '../../probe/verdict/other-limit.js'
import type { Measurement } from '../../probe/verdict/outcome.js'
import { ZERO_HASH } from '../../proto/hex.js'
import type { VoteInput } from '../../verifier/core/scoring/vote.js'
import type { Chance } from './chance.js'

/**
 * P95 of the absolute error in each cell of docs/research/measurement.md that the lab could carry, in basis points, row by row.
 * Every reading of a simulation errs by one of them: nineteen in twenty real readings err less.
 */
export const ERRORS_BPS: readonly number[] = [
  ...[15, 22, 42, 4, 16, 44, 5, 21, 71, 4, 8, 28, 12, 11, 35, 10, 7, 49, 4, 10, 24, 3],
  ...[0, 15, 5, 11, 18, 3, 5, 20, 8, 2, 23, 3, 8, 11, 2, 8, 8, 6, 9, 24, 11, 3, 15],
]
/** Of the columns of that table, each way. */
const LOSSES = [0, 0.001, 0.01]

/** Shares of sessions, in per cent: no reading, a lower bound, and a reading that is too low by an accident. None was measured. */
export const NO_READING = 2
export const LOWER_BOUND = 3
export const ACCIDENT = 1
/** P(a session shows nothing by chance). */
export const LOST = (NO_READING + LOWER_BOUND) / 100
/** An accident takes so much of a reading, in per cent. */
export const ACCIDENT_TAKES = { least: 5, range: 20 }

/** A session has at least so many control datagrams before its reading can be low. */
const CONTROL_DATAGRAMS = 100

/** The largest relative error of an honest reading without an accident. */
export const LARGEST_ERROR = Math.max(...ERRORS_BPS) / 10_000

/** What chance does to one session. */
export interface SessionNoise {
  readonly is: 'nothing' | 'bound' | 'reading'
  /** by which the reading is multiplied */
  readonly factor: number
  readonly controlLossBps: number
  /** whether the control datagrams show that only the provider can have been the limit */
  readonly isPathClear: boolean
}

export function sessionNoise(chance: Chance): SessionNoise {
  const cell = chance.below(ERRORS_BPS.length)
  const luck = chance.below(100)
  const error = ((chance.below(2) === 0 ? 1 : -1) * ERRORS_BPS[cell]!) / 10_000
  const isAccident = luck >= NO_READING + LOWER_BOUND && luck < NO_READING + LOWER_BOUND + ACCIDENT
  const taken = isAccident ? (ACCIDENT_TAKES.least + chance.below(ACCIDENT_TAKES.range)) / 100 : 0
  const lost = hits(CONTROL_DATAGRAMS, LOSSES[cell % LOSSES.length]!, chance)
  const controlLossBps = (10_000 * lost) / CONTROL_DATAGRAMS
  return {
    is: luck < NO_READING ? 'nothing' : luck < NO_READING + LOWER_BOUND ? 'bound' : 'reading',
    factor: (1 + error) * (1 - taken),
    controlLossBps,
    isPathClear: controlLossBps <= CONTROL_LOSS_BPS,
  }
}

/** By loss: P(a heartbeat is lost on one of its two ways). */
const HEARTBEAT_LOSSES = LOSSES.map(loss => 1 - (1 - loss) ** 2)

/** Which of the heartbeats come back over a path: bit i for tick i. */
export function answered(ticks: number, chance: Chance): bigint {
  const loss = HEARTBEAT_LOSSES[chance.below(HEARTBEAT_LOSSES.length)]!
  let map = (1n << BigInt(ticks)) - 1n
  if (loss === 0) return map
  for (let tick = 0; tick < ticks; tick++) if (chance.isTrue(loss)) map &= ~(1n << BigInt(tick))
  return map
}

/** Binomial, by its gaps between hits: few draws for a small rate. */
function hits(draws: number, rate: number, chance: Chance): number {
  if (rate === 0) return 0
  let count = -1
  for (let at = 0; at <= draws; count++) at += 1 + Math.floor(Math.log(1 - chance.unit()) / Math.log1p(-rate))
  return count
}

/** A reading, with all the evidence that a low vote needs. */
export const measurementOf = (rateKbps: number, claimKbps: number, controlLossBps: number): Measurement => ({
  ...{ rateKbps, arrivedKbps: rateKbps, verifiedKbps: rateKbps, goodputKbps: rateKbps, offeredKbps: 1.65 * claimKbps },
  ...{ lossBps: 0, jitterUs: 0, delayUs: 0, controlLossBps, controlDelayUs: 0, directKbps: 2 * rateKbps },
  ...{ windows: 8, durationMs: 1000, receivedBytes: rateKbps * 125 },
})

/** Sessions of a simulation move no bytes, so that there are none to open. */
export const NO_EVIDENCE: NonNullable<VoteInput['result']>['evidence'] = {
  ...{ sessionId: ZERO_HASH, chunkRoot: ZERO_HASH, keyCommitments: ZERO_HASH, sessionPeers: ZERO_HASH },
  ...{ receiptHead: ZERO_HASH, unverifiableSenders: 0, providerHost: undefined },
}
