/** Events of a few epochs, for facts that follow from them. What a node follows all the time is in chain-log.ts. */
import type { Contract, LogDescription } from 'ethers'
import { blockAt } from './block-search.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { checkpointOf, type LogFilter, type RawLog } from './log-reader.js'

interface Range {
  readonly from: number
  readonly to: number
}

type ReadContext = Pick<ChainContext, 'provider' | 'logReader'>

/** In order. @param topics the event's indexed arguments. @param from the first block. @param to the last */
export async function logsBetween(
  { provider, logReader }: ReadContext,
  contract: Contract,
  event: string,
  topics: readonly unknown[],
  { from, to }: Range,
): Promise<RawLog[]> {
  if (from > to) return []
  const filter: LogFilter = {
    address: [hex(contract.target as string)],
    topics: await contract.filters[event]!(...topics).getTopicFilter(),
  }
  let found: RawLog[] = []
  for await (const { logs } of logReader.pages(filter, from, checkpointOf(await blockAt(provider, to)))) {
    found = found.concat(logs)
  }
  return found
}

/** The same, decoded. */
export async function eventsBetween(
  context: ReadContext,
  contract: Contract,
  event: string,
  topics: readonly unknown[],
  range: Range,
): Promise<LogDescription[]> {
  const logs = await logsBetween(context, contract, event, topics, range)
  return logs.flatMap(({ topics, data }) => contract.interface.parseLog({ topics, data }) ?? [])
}
