/** The newest report that the chain has accepted, and how far the chain is. */
import type { ChainTip } from '../core/ports.js'
import { blockAt } from './block-search.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'

export async function readTip(context: ChainContext): Promise<ChainTip> {
  const { number, timestamp } = await blockAt(context.provider, 'latest')
  return { ...(await lastReport(context, number)), blockMs: timestamp * 1000 }
}

/** Both reads at one block, because the chain may accept a report between them. @returns as in `ChainTip` */
export async function lastReport(
  { contracts }: ChainContext,
  blockTag: number,
): Promise<Pick<ChainTip, 'epoch' | 'headerHash'>> {
  const [epoch, headerHash] = await Promise.all([
    contracts.epochReports.getFunction('lastEpoch')({ blockTag }),
    contracts.epochReports.getFunction('lastHeaderHash')({ blockTag }),
  ])
  return { epoch: Number(epoch), headerHash: hex(headerHash) }
}
