/** Events from the chain's log, in order. Keeps nothing between calls, because a reorganisation changes the log. */
import type { Contract, EventLog } from 'ethers'
import { blockAt } from './block-search.js'
import type { ChainContext } from './context.js'

/** Most blocks in one query: public nodes refuse longer ranges. */
const BLOCKS_PER_QUERY = 10_000

/**
 * @param topics the event's indexed arguments, null for any
 * @param from the first block (default: that of the deployment)
 * @param to the last block (default: the newest)
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
