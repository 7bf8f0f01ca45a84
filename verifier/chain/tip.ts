/** The newest report that the chain has accepted, and how far the chain is. */
import type { BlockTag } from 'ethers'
import type { ChainTip } from '../core/ports.js'
import { blockAt } from './block-search.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'

/** Reads the tip once for each block: nodes ask several times a second, and a block's hash fixes the answer. */
export class TipReader {
  #newest: { readonly hash: string | null; readonly tip: ChainTip } | undefined

  constructor(private readonly context: ChainContext) {}

  async read(): Promise<ChainTip> {
    const { hash, number, timestamp } = await blockAt(this.context.provider, 'latest')
    if (this.#newest === undefined || this.#newest.hash !== hash) {
      this.#newest = { hash, tip: { ...(await lastReport(this.context, hash ?? number)), blockMs: timestamp * 1000 } }
    }
    return this.#newest.tip
  }
}

/** Both reads at one block, because the chain may accept a report between them. @returns as in `ChainTip` */
export async function lastReport(
  { contracts }: ChainContext,
  blockTag: BlockTag,
): Promise<Pick<ChainTip, 'epoch' | 'headerHash'>> {
  const [epoch, headerHash] = await Promise.all([
    contracts.epochReports.getFunction('lastEpoch')({ blockTag }),
    contracts.epochReports.getFunction('lastHeaderHash')({ blockTag }),
  ])
  return { epoch: Number(epoch), headerHash: hex(headerHash) }
}
