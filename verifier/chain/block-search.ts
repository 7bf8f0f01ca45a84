/** Finding the block that a moment falls on. Times in unix seconds; block times rise strictly. */
import type { Block, Provider } from 'ethers'

/** @throws Error where the chain has no such block (it was rolled back below what was asked for) */
export async function blockAt(provider: Provider, tag: number | 'latest'): Promise<Block> {
  const block = await provider.getBlock(tag)
  if (block === null) throw new Error(`the chain has no block ${tag}`)
  return block
}

/**
 * The last block with a timestamp before `seconds`. Searches from the newest block backwards in doubling steps, because
 * what is asked for is nearly always recent, then halves the gap.
 *
 * @param floor a block known to be before `seconds`
 * @returns undefined until a block at or after `seconds` exists: only that one fixes which is the last before it
 */
export async function lastBlockBefore(provider: Provider, seconds: number, floor: number): Promise<Block | undefined> {
  let above = await blockAt(provider, 'latest')
  if (above.timestamp < seconds) return undefined
  let below: Block | undefined
  for (let step = 1; below === undefined; step *= 2) {
    const block = await blockAt(provider, Math.max(floor, above.number - step))
    if (block.timestamp < seconds) below = block
    else if (block.number === floor) return undefined
    else above = block
  }
  while (above.number - below.number > 1) {
    const block = await blockAt(provider, Math.floor((above.number + below.number) / 2))
    if (block.timestamp < seconds) below = block
    else above = block
  }
  return below
}
