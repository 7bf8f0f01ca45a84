/** An epoch that is just long enough for a mix, so that a short run shows many epochs. */
import { DEVNET, type NetworkParams } from '../proto/params.js'

/** From the last slot to the epoch's end: what a direct probe, a late session and its checking may take. */
const MARGIN_MS = 700
const SHORTEST_SECONDS = 10

/**
 * Every provider has a session with every verifier as receiver, `lanes` sessions run at once, and a provider's own
 * sessions never overlap: max(⌈V·P / lanes⌉, V) slots.
 */
export function testnetParams(verifiers: number, providers: number): NetworkParams {
  const receivers = Math.min(verifiers, DEVNET.receivers)
  const rounds = Math.max(Math.ceil((receivers * providers) / DEVNET.lanes), receivers)
  const seconds = Math.ceil((DEVNET.leadMs + rounds * DEVNET.slotMs + MARGIN_MS) / 1000)
  return { ...DEVNET, epochSeconds: Math.max(SHORTEST_SECONDS, seconds) }
}
