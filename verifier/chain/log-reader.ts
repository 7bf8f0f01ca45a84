/** Reads raw logs in ranges that chain nodes accept: each node has its own limits, which it does not tell. */
import { type Block, isError, type JsonRpcProvider, toQuantity } from 'ethers'
import { ZERO_HASH } from '../../proto/hex.js'
import type { Checkpoint } from '../core/chain-log.js'
import { blockAt } from './block-search.js'
import { hex } from './contracts.js'
import { quoted, RpcFault, wordsOf } from './rpc-fault.js'

/** Most blocks in one query: public nodes refuse longer ranges. */
export const MOST_BLOCKS = 10_000
/** After an answer, for how many times as many blocks to ask. A refusal halves them. */
const GROWTH = 1.25

/** As `eth_getLogs` answers. */
export interface RawLog {
  readonly address: string
  readonly topics: readonly string[]
  readonly data: string
  readonly blockNumber: string
  readonly logIndex: string
  readonly transactionHash: string
}

export interface LogFilter {
  readonly address: readonly string[]
  /** null takes any */
  readonly topics: readonly (string | readonly string[] | null)[]
}

export interface LogPage {
  readonly logs: readonly RawLog[]
  /** the last block of the page */
  readonly last: Checkpoint
}

export class LogReader {
  /** how many blocks the chain node is asked for next */
  #span = MOST_BLOCKS

  constructor(private readonly provider: JsonRpcProvider) {}

  /** One page after another, from a block to the head. @throws RpcFault if the chain node does not answer for one block */
  async *pages(filter: LogFilter, from: number, head: Checkpoint): AsyncGenerator<LogPage> {
    for (let first = from; first < head.number; ) {
      const page = await this.#page(filter, first, head.number - 1)
      yield page
      first = page.last.number + 1
    }
    // By its hash: of a node that lags behind, a range up to a block that it does not have comes back without the block.
    if (from <= head.number) yield { logs: await this.#ofBlock(filter, head.hash), last: head }
  }

  /** As many blocks as the node answers for. */
  async #page(filter: LogFilter, first: number, end: number): Promise<LogPage> {
    for (;;) {
      const count = Math.min(this.#span, end - first + 1)
      // The hash before the logs: should a reorganisation come between, the next look at the chain finds the hash gone.
      const last = checkpointOf(await blockAt(this.provider, first + count - 1))
      try {
        const range = { fromBlock: toQuantity(first), toBlock: toQuantity(last.number) }
        const logs = count === 1 ? await this.#ofBlock(filter, last.hash) : await this.#ask(filter, range)
        this.#span = Math.min(MOST_BLOCKS, Math.ceil(count * GROWTH))
        return { logs, last }
      } catch (error) {
        // Too many blocks or too many logs: every node says so in other words, and a slow one not at all.
        this.#span = Math.max(1, Math.floor(count / 2))
        if (count === 1 || !mayBeTooMuch(error)) throw error
      }
    }
  }

  /** A block may hold more logs than a node lists, but not more than the receipts that a node has. */
  async #ofBlock(filter: LogFilter, blockHash: string): Promise<readonly RawLog[]> {
    try {
      return await this.#ask(filter, { blockHash })
    } catch (error) {
      if (!mayBeTooMuch(error)) throw error
      const receipts = await this.#receipts(blockHash)
      if (receipts === null) throw new RpcFault(`the chain node refuses the logs of a block: ${quoted(wordsOf(error))}`)
      return receipts.flatMap(({ logs }) => logs).filter(log => passes(filter, log))
    }
  }

  /** Null if the chain node has no such block, or knows no such question. */
  async #receipts(blockHash: string): Promise<readonly { readonly logs: RawLog[] }[] | null> {
    try {
      return await this.provider.send('eth_getBlockReceipts', [blockHash])
    } catch (error) {
      if (isRefusal(error)) return null
      throw error
    }
  }

  #ask(filter: LogFilter, blocks: Record<string, string>): Promise<readonly RawLog[]> {
    return this.provider.send('eth_getLogs', [{ ...filter, ...blocks }])
  }
}

export const checkpointOf = ({ number, hash }: Pick<Block, 'number' | 'hash'>): Checkpoint => ({
  number,
  hash: hex(hash ?? ZERO_HASH),
})

/** As a chain node filters. */
function passes({ address, topics }: LogFilter, log: RawLog): boolean {
  const isWanted = (wanted: LogFilter['topics'][number], topic: string | undefined) =>
    wanted === null || (topic !== undefined && [wanted].flat().some(one => hex(one) === hex(topic)))
  return address.some(one => hex(one) === hex(log.address)) && topics.every((one, i) => isWanted(one, log.topics[i]))
}

/** The node answered, and said no. */
const isRefusal = (error: unknown): boolean =>
  isError(error, 'UNKNOWN_ERROR') || isError(error, 'UNSUPPORTED_OPERATION')

/** Too many blocks or too many logs, or a node too slow for them. */
const mayBeTooMuch = (error: unknown): boolean => isRefusal(error) || (error instanceof RpcFault && error.mayBeSize)
