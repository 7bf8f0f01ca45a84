/**
 * Asks the chain as an outsider would: plain JSON-RPC over fetch, with selectors and topics computed here. Nothing comes from
 * the product's chain adapter, its contracts' artifacts or its client library.
 */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { type Hex, toHex } from '../../proto/hex.js'

const WORD_DIGITS = 64
const TIMEOUT_MS = 5000

export interface Log {
  readonly topics: readonly Hex[]
  /** 32-byte words of the data, without prefix */
  readonly words: readonly string[]
  readonly blockNumber: number
}

export interface Block {
  readonly number: number
  readonly hash: Hex
  /** unix seconds */
  readonly timestamp: number
  readonly prevRandao: Hex
}

const hash = (text: string): Hex => toHex(keccak_256(utf8ToBytes(text)))
const wordsOf = (data: string): string[] => data.slice(2).match(new RegExp(`.{${WORD_DIGITS}}`, 'g')) ?? []

export const numberOf = (word: string): number => Number(BigInt(`0x${word}`))
export const bigintOf = (word: string): bigint => BigInt(`0x${word}`)
export const addressOf = (word: string): Hex => `0x${word.slice(-40)}`
/** A number or an address as one ABI word. */
export const word = (value: number | bigint | Hex): string =>
  (typeof value === 'string' ? value.slice(2).toLowerCase() : value.toString(16)).padStart(WORD_DIGITS, '0')

export class JsonRpc {
  readonly #url: string
  #id = 0

  constructor(url: string) {
    this.#url = url
  }

  /** @throws Error if the node cannot be reached or answers with an error */
  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: ++this.#id, method, params }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const answer = (await response.json()) as { result?: T; error?: { message: string } }
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`)
    return answer.result as T
  }

  /** The words that a view function returns. @param signature such as `headerHashOf(uint64)`; static arguments only */
  async call(to: string, signature: string, ...args: readonly (number | bigint | Hex)[]): Promise<string[]> {
    const data = hash(signature).slice(0, 10) + args.map(word).join('')
    return wordsOf(await this.request<string>('eth_call', [{ to, data }, 'latest']))
  }

  /** Every log of an event since the chain began. @param signature such as `Started(uint64)` */
  async logs(address: string, signature: string): Promise<Log[]> {
    const filter = { address, topics: [hash(signature)], fromBlock: '0x0', toBlock: 'latest' }
    const logs = await this.request<{ topics: Hex[]; data: string; blockNumber: string }[]>('eth_getLogs', [filter])
    return logs.map(log => ({ topics: log.topics, words: wordsOf(log.data), blockNumber: Number(log.blockNumber) }))
  }

  /** @param tag a number, or `latest` */
  async block(tag: number | 'latest'): Promise<Block | undefined> {
    const name = typeof tag === 'number' ? `0x${tag.toString(16)}` : tag
    const block = await this.request<{ number: string; hash: Hex; timestamp: string; mixHash: Hex } | null>(
      'eth_getBlockByNumber',
      [name, false],
    )
    return block
      ? {
          number: Number(block.number),
          hash: block.hash,
          timestamp: Number(block.timestamp),
          prevRandao: block.mixHash,
        }
      : undefined
  }
}
