/**
 * What an answer of a chain node is worth. A fault passes: the node is down or busy, limits its customers, lags behind, or
 * lost its state for a while. Other nodes, or the same one later, answer the same question. Everything else is an answer,
 * also a refusal by a contract. Pure.
 */
import type { JsonRpcError, JsonRpcPayload, JsonRpcResult } from 'ethers'
import { withoutSecrets } from '../config/secrets.js'

/** What ethers takes: its own type leaves errors out. */
export type RpcAnswer = JsonRpcResult | JsonRpcError

/** A chain node gave no answer. The message continues a sentence that begins with the node. */
export class RpcFault extends Error {
  override readonly name = 'RpcFault'

  /**
   * @param mayBeSize whether a smaller question may be answered
   * @param mayBeState whether the chain node may lack the state of the block that was asked for, perhaps for ever
   */
  constructor(
    message: string,
    readonly mayBeSize = false,
    readonly mayBeState = false,
  ) {
    super(message)
  }

  /** The same, told of a chain node. */
  of(node: string): RpcFault {
    return new RpcFault(`${node} ${this.message}`, this.mayBeSize, this.mayBeState)
  }
}

/** Characters of a chain node's own words that a sentence quotes. */
const MOST_QUOTED = 120

const METHOD_NOT_FOUND = -32_601
/** By EIP-1474; the services add codes of their own, and their words. */
const REVERTED = 3
const TOO_MANY_REQUESTS = 429
const RATE = /\brate\b|rate.?limit|too many requests|per second|quota|throttl|capacity|credits|daily/i
/** What the EVM says of a call. */
const EVM = /revert|out of gas|gas required exceeds|invalid (opcode|jump)|stack (under|over)flow|insufficient funds/i
/** What a transaction pool says of a transaction. */
const POOL = /nonce|known|already|underpriced|insufficient funds|gas|\bfee\b|exceeds|oversized|invalid|replacement/i

/** Methods of EIP-1474 whose answer is null for what does not exist. Of others, it says that the node does not know. */
const NULLABLE = /^eth_get(BlockBy|BlockReceipts|TransactionReceipt|TransactionBy)/

/** @returns the answer @throws RpcFault */
export function answerIn(text: string, { method, params, id }: JsonRpcPayload): RpcAnswer {
  const answer = parsed(text)
  const [what, at] = params as readonly unknown[]
  if (answer?.error && isFault(method, answer.error)) {
    const isAtBlock = method === 'eth_call' && (typeof at === 'object' || /^0x/.test(String(at)))
    throw new RpcFault(`answers ${method} with ${quoted(answer.error.message)}`, false, isAtBlock)
  }
  if (answer?.id !== id) throw new RpcFault(`answers ${method} with something else than JSON-RPC`)
  if (answer.error) return { id, error: answer.error }
  const isEmpty =
    answer.result === undefined || (answer.result === null && (!NULLABLE.test(method) || what === 'latest'))
  if (method.startsWith('eth_') && isEmpty) throw new RpcFault(`answers ${method} with nothing`)
  return { id, result: answer.result }
}

type Parsed = Partial<JsonRpcResult & JsonRpcError> | undefined

function parsed(text: string): Parsed {
  try {
    return JSON.parse(text) ?? undefined
  } catch {
    return undefined
  }
}

function isFault(method: string, { code, message = '', data }: JsonRpcError['error']): boolean {
  const isCall = method === 'eth_call' || method === 'eth_estimateGas'
  if (isCall && (code === REVERTED || /"0x[0-9a-f]{8}/i.test(JSON.stringify(data) ?? '') || EVM.test(message)))
    return false
  if (code === TOO_MANY_REQUESTS || RATE.test(message)) return true
  if (code === METHOD_NOT_FOUND || !method.startsWith('eth_')) return false
  if (method === 'eth_sendRawTransaction') return !POOL.test(message)
  // A question about logs may be too large: the log reader asks a smaller one.
  return method !== 'eth_getLogs' && method !== 'eth_getBlockReceipts'
}

/** @param status of HTTP, not 200 to 299 */
export const statusFault = (status: number, statusText: string): RpcFault =>
  new RpcFault(
    `answers HTTP ${status}${statusText === '' ? '' : ` (${quoted(statusText)})`}`,
    status === 400 || status === 413 || status === 504,
  )

/** Words of a stranger, short and without line breaks. */
export const quoted = (words: unknown): string =>
  `"${withoutSecrets(String(words))
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, MOST_QUOTED)}"`

/** A node's own words in an error of ethers, which keeps them beside its own. */
export const wordsOf = (error: unknown): unknown => (error as { error?: { message?: unknown } }).error?.message ?? error
