/** Waiting for a transaction to be mined. */
import { setTimeout as delay } from 'node:timers/promises'
import type { JsonRpcProvider, TransactionReceipt } from 'ethers'

/** The chain is asked this often: JSON-RPC over HTTP announces nothing by itself. */
const RECEIPT_POLL_MS = 150

/** Longer than a public chain takes at its busiest; a transaction that is not mined by then is given up. */
const RECEIPT_TIMEOUT_MS = 120_000

/**
 * ethers' own wait prints to standard output when a request fails and leaves a rejection unhandled, so this asks itself;
 * a failed request is repeated until the time is over.
 *
 * @returns undefined when the transaction was not mined in time
 * @throws the signal's reason, when it is aborted
 */
export async function receiptOf(
  provider: JsonRpcProvider,
  txHash: string,
  signal: AbortSignal,
): Promise<TransactionReceipt | undefined> {
  const deadline = performance.now() + RECEIPT_TIMEOUT_MS
  while (performance.now() < deadline) {
    signal.throwIfAborted()
    const receipt = await provider.getTransactionReceipt(txHash).catch(() => null)
    if (receipt !== null) return receipt
    await delay(RECEIPT_POLL_MS)
  }
  return undefined
}
