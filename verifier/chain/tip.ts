/** The newest report that the chain has accepted. */
import type { Hex } from '../../proto/hex.js'
import { blockAt } from './block-search.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'

/** Epoch 0 and the zero hash before the first. @param at a block (default: the newest) */
export async function readTip(
  { provider, contracts }: ChainContext,
  at?: number,
): Promise<{ readonly epoch: number; readonly headerHash: Hex }> {
  // Both reads at one block, because the chain may accept a report between them.
  const blockTag = at ?? (await blockAt(provider, 'latest')).number
  const [epoch, headerHash] = await Promise.all([
    contracts.epochReports.getFunction('lastEpoch')({ blockTag }),
    contracts.epochReports.getFunction('lastHeaderHash')({ blockTag }),
  ])
  return { epoch: Number(epoch), headerHash: hex(headerHash) }
}
