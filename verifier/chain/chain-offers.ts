/** What a chain offers to a network, before any contract is there. */
import { type Block, toBeHex, toQuantity } from 'ethers'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { NetworkParams } from '../../proto/params.js'
import { blockAt } from './block-search.js'
import { hex } from './contracts.js'
import { askPrecompiles, type PrecompileAnswer } from './precompiles.js'
import { RpcFault } from './rpc-fault.js'
import type { RpcProvider } from './rpc-provider.js'
import { askOldState, type StateDepth } from './state-depth.js'

/** How far back a source of block hashes was asked, and whether it knew the hash. */
export interface HashSource {
  readonly blocksBack: number
  readonly isRight: boolean
}

export interface ChainOffers {
  readonly chainId: number
  readonly head: number
  /** time of the newest block, unix seconds */
  readonly headSeconds: number
  readonly precompiles: readonly PrecompileAnswer[]
  /** `prevrandao` of the newest blocks, oldest first */
  readonly randomness: readonly Hex[]
  /** seconds between the newest blocks, oldest first; none on a chain of one block */
  readonly gapSeconds: readonly number[]
  /** of the newest block */
  readonly blockGas: bigint
  /** wei a unit of gas; undefined if the chain node names none */
  readonly gasPrice: bigint | undefined
  /** the BLOCKHASH instruction; undefined on a chain of one block */
  readonly blockHash: HashSource | undefined
  /** the contract of EIP-2935; undefined on a chain of one block */
  readonly history: HashSource | undefined
  /** as far back as the facts of a network reach; undefined if its settings are not known */
  readonly state?: StateDepth
}

const BLOCKS_SEEN = 65
/** Requests at once: services limit them. */
const AT_ONCE = 8
/** By EIP-2935. */
const HISTORY_CONTRACT = '0x0000f90827f1c53a10cb7a02335b175320002935'
/** A block less than what each source serves, since a block may come between two requests. */
const BLOCKHASH_BLOCKS = 255
const HISTORY_BLOCKS = 8190

/** @param params of the network, if they are known. @throws RpcFault if the chain does not answer */
export async function chainOffers(provider: RpcProvider, params?: NetworkParams): Promise<ChainOffers> {
  const newest = await blockAt(provider, 'latest')
  const [precompiles, blocks, gasPrice, blockHash, history] = await Promise.all([
    askPrecompiles(provider),
    blocksBefore(provider, newest),
    provider.getFeeData().then(({ maxFeePerGas, gasPrice: legacy }) => maxFeePerGas ?? legacy ?? undefined),
    hashSource(provider, newest, BLOCKHASH_BLOCKS, askInstruction),
    hashSource(provider, newest, HISTORY_BLOCKS, askContract),
  ])
  const gapSeconds = blocks.slice(1).map(({ timestamp }, i) => timestamp - blocks[i]!.timestamp)
  const secondsOfBlock = gapSeconds.reduce((sum, gap) => sum + gap, 0) / gapSeconds.length
  const place = { head: newest.number, first: 0, secondsOfBlock }
  return {
    ...(params && { state: await askOldState((method, asked) => provider.send(method, asked), params, place) }),
    ...{ chainId: provider.chainId, head: newest.number, headSeconds: newest.timestamp, blockGas: newest.gasLimit },
    ...{ precompiles, gasPrice, blockHash, history },
    randomness: blocks.map(({ prevRandao }) => hex(prevRandao ?? ZERO_HASH)),
    gapSeconds,
  }
}

/** The newest blocks, oldest first. The genesis block is none of them: its time and its randomness are made up. */
async function blocksBefore(provider: RpcProvider, newest: Block): Promise<Block[]> {
  const first = Math.max(1, newest.number - BLOCKS_SEEN + 1)
  const blocks: Block[] = []
  for (let from = first; from <= newest.number; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, newest.number - from + 1)
    blocks.push(...(await Promise.all(Array.from({ length: count }, (_, i) => blockAt(provider, from + i)))))
  }
  return blocks
}

type AskHash = (provider: RpcProvider, block: number, at: number) => Promise<string>

/** Asks for the oldest block that the source should know. */
async function hashSource(
  provider: RpcProvider,
  newest: Block,
  most: number,
  ask: AskHash,
): Promise<HashSource | undefined> {
  const blocksBack = Math.min(most, newest.number)
  if (blocksBack === 0) return undefined
  const wanted = await blockAt(provider, newest.number - blocksBack)
  const answer = await ask(provider, wanted.number, newest.number).catch((error: unknown) => {
    if (error instanceof RpcFault) throw error
    return '0x' // a refusal of the call is an answer
  })
  return { blocksBack, isRight: answer.endsWith(wanted.hash!.slice(2)) }
}

/**
 * Runs code that answers BLOCKHASH(block). The call looks like the creation of a contract, so what it returns would be
 * code, which must not begin with 0xef (EIP-3541): the hash comes after a zero byte.
 */
const askInstruction: AskHash = (provider, block, at) =>
  // PUSH8 block, BLOCKHASH, PUSH1 1, MSTORE, PUSH1 33, PUSH1 0, RETURN
  provider.send('eth_call', [
    { data: `0x67${toBeHex(block, 8).slice(2)}4060015260216000f3`, gas: toQuantity(1_000_000) },
    toQuantity(at),
  ])

const askContract: AskHash = (provider, block, at) =>
  provider.send('eth_call', [{ to: HISTORY_CONTRACT, data: toBeHex(block, 32) }, toQuantity(at)])
