/**
 * How far back a chain node must know the state of blocks. The facts of an epoch name what was registered an epoch before its
 * window began, and are read until the next epoch is over.
 */
import { type JsonRpcPayload, toQuantity } from 'ethers'
import type { NetworkParams } from '../../proto/params.js'
import { quoted, wordsOf } from './rpc-fault.js'

type Ask = (method: JsonRpcPayload['method'], params: unknown[]) => Promise<unknown>

/** What a chain node says of the state of an old block. */
export interface StateDepth {
  readonly blocksBack: number
  /** the node's words if it does not tell */
  readonly fault?: string
}

/** Returns what it is given. A chain node that lacks the block's state cannot run it either. */
const IDENTITY = '0x0000000000000000000000000000000000000004'

export const stateSeconds = ({ epochSeconds, windowEpochs }: Pick<NetworkParams, 'epochSeconds' | 'windowEpochs'>) =>
  (windowEpochs + 2) * epochSeconds

/**
 * Asks as a verifier does, by the hash of the block (EIP-1898).
 * @param secondsOfBlock on the average @param first the oldest block that matters
 * @param ask throws what is wrong with the answer
 */
export async function askOldState(
  ask: Ask,
  params: Pick<NetworkParams, 'epochSeconds' | 'windowEpochs'>,
  { head, first, secondsOfBlock }: { head: number; first: number; secondsOfBlock: number },
): Promise<StateDepth> {
  const blocks = secondsOfBlock > 0 ? Math.ceil(stateSeconds(params) / secondsOfBlock) : 0
  const blocksBack = Math.max(0, Math.min(blocks, head - first))
  try {
    const block = (await ask('eth_getBlockByNumber', [toQuantity(head - blocksBack), false])) as { hash?: unknown }
    await ask('eth_call', [{ to: IDENTITY, data: '0x01' }, { blockHash: block?.hash }])
    return { blocksBack }
  } catch (error) {
    const words = wordsOf(error)
    return { blocksBack, fault: words === error ? (error as Error).message : quoted(words) }
  }
}
