/** Up to which blocks a log was read, and whether the chain still has them. */
import type { Provider } from 'ethers'
import type { Checkpoint } from '../core/chain-log.js'

/** A reorganisation of more blocks has the whole log read again. Chains of today replace far fewer. */
const REORG_BLOCKS = 128

/** The checkpoints of the last blocks, and one older: a reorganisation never goes back behind that one. */
export function afterReading(checkpoints: readonly Checkpoint[], last: Checkpoint): Checkpoint[] {
  const all = [...checkpoints, last]
  return all.filter((_, i) => i === all.length - 1 || all[i + 1]!.number > last.number - REORG_BLOCKS)
}

/** Those up to the newest block that the chain still has. */
export async function stillThere(provider: Provider, checkpoints: readonly Checkpoint[]): Promise<Checkpoint[]> {
  const common = [...checkpoints]
  for (let last = common.at(-1); last !== undefined; last = common.at(-1)) {
    if ((await provider.getBlock(last.number))?.hash === last.hash) break
    common.pop()
  }
  return common
}
