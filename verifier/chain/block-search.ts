/** Finds the block of a moment. Times are unix seconds, and block times rise strictly. */
import type { Block, Provider } from 'ethers'
import pRetry from 'p-retry'
import { RpcFault } from './rpc-fault.js'

/** For three seconds: one name may stand for several chain nodes, and some lag behind the others. */
const LOOKS = { retries: 5, minTimeout: 100, factor: 2 } as const

/** @throws RpcFault if the chain has no such block, because a reorganisation removed it */
export function blockAt(provider: Provider, tag: number | 'latest'): Promise<Block> {
  return pRetry(
    async () => {
      const block = await provider.getBlock(tag)
      if (block === null) throw new RpcFault(`the chain has no block ${tag}`)
      return block
    },
    { ...LOOKS, shouldRetry: ({ error }) => error instanceof RpcFault },
  )
}

/**
 * The last block with a timestamp before `seconds`. Searches from the newest block backwards in doubling steps, because
 * callers nearly always look for a recent block, and then halves the gap.
 *
 * @param floor a block known to be before `seconds`
 * @returns undefined until a block at or after `seconds` exists, since another block before `seconds` may still come
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
