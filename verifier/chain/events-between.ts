/** Events of a few epochs, for facts that follow from them. What a node follows all the time is in chain-log.ts. */
import type { Contract, EventLog } from 'ethers'

/** Most blocks in one query: public nodes refuse longer ranges. */
const BLOCKS_PER_QUERY = 1_000

/** In order. @param topics the event's indexed arguments. @param from the first block. @param to the last */
export async function eventsBetween(
  contract: Contract,
  event: string,
  topics: readonly unknown[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<EventLog[]> {
  const filter = contract.filters[event]!(...topics)
  const events: EventLog[] = []
  for (let first = from; first <= to; first += BLOCKS_PER_QUERY) {
    const page = await contract.queryFilter(filter, first, Math.min(to, first + BLOCKS_PER_QUERY - 1))
    events.push(...(page as EventLog[]))
  }
  return events
}
