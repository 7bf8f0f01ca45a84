/** What became of the transactions that this process wanted to send, for the metrics. */
import type { TxResult } from '../core/ports.js'

export class TransactionCounts {
  /** by the contract's method, and by the result */
  readonly results = new Map<string, Record<TxResult['kind'], number>>()
  /** how often a fee was raised, because blocks came without the transaction */
  feeRaises = 0

  ended(method: string, { kind }: TxResult): void {
    const counts = this.results.get(method) ?? { done: 0, already: 0, rejected: 0 }
    this.results.set(method, counts)
    counts[kind]++
  }
}
