/**
 * Decoys: providers that shape the sessions of each receiver to a rate that only they know. The seed of the rates is
 * committed on chain before the epochs begin, and shown after the votes are fixed (contracts/src/Decoys.sol).
 */
import { DOMAIN } from './domains.js'
import { keccakText, keccakWords } from './hash.js'
import type { Hex } from './hex.js'

const LEVEL = keccakText('bandwitness/v1/draw/decoy-level')

/**
 * The rates that a decoy draws from, as shares of its claim. All are above the line of reduced rewards (0.80) and the
 * slashing threshold, so a decoy loses a little and no stake. Each lies twice the tolerance of a reading from the next.
 */
export const DECOY_LEVELS_BPS = [8200, 8800, 9400, 10_000] as const

export interface DecoyRange {
  /** the provider's account */
  readonly provider: Hex
  readonly firstEpoch: number
  readonly lastEpoch: number
}

/** A seed that a decoy has shown. */
export interface DecoyReveal extends DecoyRange {
  readonly seed: Hex
}

/** @param decoys which contract: the commitment is void at any other */
export const decoyCommitment = (
  decoys: { readonly chainId: number; readonly contract: Hex },
  { provider, firstEpoch, lastEpoch, seed }: DecoyReveal,
): Hex =>
  keccakWords(
    ['bytes32', 'uint256', 'address', 'address', 'uint64', 'uint64', 'bytes32'],
    [DOMAIN.decoy, BigInt(decoys.chainId), decoys.contract, provider, firstEpoch, lastEpoch, seed],
  )

/**
 * The share of its claim that a decoy lets through to a receiver in an epoch, the same in both tries. Nobody without the
 * seed can tell it, whatever levels of other receivers or epochs it knows.
 * @param receiver registry index
 */
export const decoyLevelBps = (seed: Hex, epoch: number, receiver: number): number => {
  const draw = BigInt(keccakWords(['bytes32', 'bytes32', 'uint64', 'uint32'], [LEVEL, seed, epoch, receiver]))
  return DECOY_LEVELS_BPS[Number(draw % BigInt(DECOY_LEVELS_BPS.length))]!
}
