/** Events from the chain's log, in order. Nothing is kept between calls: after a reorganisation the log is another. */
import type { Contract, EventLog } from 'ethers'
import { blockAt } from './block-search.js'
import type { ChainContext } from './context.js'

/** Blocks asked for at once; public nodes refuse longer ranges. */
const BLOCKS_PER_QUERY = 10_000

/**
 * @param topics the event's indexed arguments, null for any
 * @param from the first block, by default that of the deployment
 * @param to the last block, by default the newest
 */
export async function eventsOf(
  context: ChainContext,
  contract: Contract,
  event: string,
  topics: readonly unknown[],
  from = context.file.deployBlock,
  to?: number,
): Promise<EventLog[]> {
  const last = to ?? (await blockAt(context.provider, 'latest')).number
  const filter = contract.filters[event]!(...topics)
  const events: EventLog[] = []
  for (let first = from; first <= last; first += BLOCKS_PER_QUERY) {
    const page = await contract.queryFilter(filter, first, Math.min(last, first + BLOCKS_PER_QUERY - 1))
    events.push(...(page as EventLog[]))
  }
  return events
}
