/** Waits for a transaction to be mined. */
import { setTimeout as delay } from 'node:timers/promises'
import type { JsonRpcProvider, TransactionReceipt } from 'ethers'

/** How often to ask: JSON-RPC over HTTP announces nothing by itself. */
const RECEIPT_POLL_MS = 150

/** When to give up: a public chain takes less, even at its busiest. */
const RECEIPT_TIMEOUT_MS = 120_000

/**
 * ethers' own wait prints to standard output if a request fails, and leaves a rejection unhandled. This function asks by
 * itself, and repeats a failed request until the time is over.
 *
 * @returns undefined if the transaction was not mined in time
 * @throws the signal's reason, if the signal aborts
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
