/** The newest report that the chain has accepted, and how far the chain is. */
import type { ChainTip } from '../core/ports.js'
import { blockAt } from './block-search.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'

/** @param at a block (default: the newest) */
export async function readTip({ provider, contracts }: ChainContext, at?: number): Promise<ChainTip> {
  // Both reads at one block, because the chain may accept a report between them.
  const { number: blockTag, timestamp } = await blockAt(provider, at ?? 'latest')
  const [epoch, headerHash] = await Promise.all([
    contracts.epochReports.getFunction('lastEpoch')({ blockTag }),
    contracts.epochReports.getFunction('lastHeaderHash')({ blockTag }),
  ])
  return { epoch: Number(epoch), headerHash: hex(headerHash), blockMs: timestamp * 1000 }
}
