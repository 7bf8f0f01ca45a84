/** Fees of a transaction that is sent again. Pure. In wei a unit of gas. */
import type { FeeData } from 'ethers'

export interface Fees {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** Transaction pools take another form of a transaction only if both fees rise by a tenth. */
const RAISE_PERCENT = 125n

export const marketFees = ({ maxFeePerGas, maxPriorityFeePerGas }: FeeData): Fees => ({
  maxFeePerGas: maxFeePerGas ?? 0n,
  maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n,
})

/** At least a quarter more of both, and at least what the market asks now. */
export const raised = (fees: Fees, market: Fees): Fees => ({
  maxFeePerGas: larger(more(fees.maxFeePerGas), market.maxFeePerGas),
  maxPriorityFeePerGas: larger(more(fees.maxPriorityFeePerGas), market.maxPriorityFeePerGas),
})

const more = (fee: bigint): bigint => (fee * RAISE_PERCENT + 99n) / 100n
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)
