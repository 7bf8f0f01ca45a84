/** Who leads a round, and in which order nodes act when any one of them will do. */
import { keccakWords } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'

/** The verifier whose turn it is in a round: the beacon draws the first, and the others follow in the set's order. */
export function leaderOf(verifiers: readonly number[], beacon: Hex, round: number): number {
  // 2^256 mod n is negligible beside 2^256, so the draw needs no rejection.
  const draw = BigInt(keccakWords(['bytes32', 'uint32'], [beacon, verifiers.length]))
  const first = Number(draw % BigInt(verifiers.length))
  return verifiers[(first + round) % verifiers.length]!
}

/** A verifier's distance from the leader of round 0: the order in which nodes post, settle and freeze. */
export function rankOf(verifiers: readonly number[], beacon: Hex, verifier: number): number {
  const first = verifiers.indexOf(leaderOf(verifiers, beacon, 0))
  return (verifiers.indexOf(verifier) - first + verifiers.length) % verifiers.length
}
