/** Events of a few epochs, for facts that follow from them. What a node follows all the time is in chain-log.ts. */
import type { Contract, LogDescription } from 'ethers'
import { blockAt } from './block-search.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { checkpointOf, type LogFilter } from './log-reader.js'

/** In order. @param topics the event's indexed arguments. @param from the first block. @param to the last */
export async function eventsBetween(
  { provider, logReader }: Pick<ChainContext, 'provider' | 'logReader'>,
  contract: Contract,
  event: string,
  topics: readonly unknown[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<LogDescription[]> {
  if (from > to) return []
  const filter: LogFilter = {
    address: [hex(contract.target as string)],
    topics: await contract.filters[event]!(...topics).getTopicFilter(),
  }
  const events: LogDescription[] = []
  for await (const { logs } of logReader.pages(filter, from, checkpointOf(await blockAt(provider, to)))) {
    events.push(...logs.flatMap(({ topics, data }) => contract.interface.parseLog({ topics, data }) ?? []))
  }
  return events
}
