/**
 * A chain node that lost its peers: it answers as if the chain had stood still. It takes transactions, and nobody hears of
 * them.
 */
import { keccak256 } from 'ethers'
import type { AskChain, Manner, RpcAnswer, RpcRequest } from './rpc-proxy.js'

/** Where a request names its block. */
const BLOCK_PLACE: Readonly<Record<string, number>> = {
  eth_getBlockByNumber: 0,
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getTransactionCount: 1,
  eth_getBalance: 1,
  eth_feeHistory: 1,
}

/** @param head number of the last block that the chain node has heard of */
export const stale =
  (head: number): Manner =>
  (request, ask) => {
    const { method, params } = request
    if (method === 'eth_blockNumber') return { result: quantity(head) }
    if (method === 'eth_sendRawTransaction') return { result: keccak256(params[0] as string) }
    if (method in BLOCK_PLACE) return atBlock(head, request, ask)
    if (method === 'eth_getLogs' || /^eth_get(Transaction|BlockBy|BlockReceipts)/.test(method))
      return ask(request).then(answer => knownAt(head, answer))
    return undefined
  }

const UNKNOWN: RpcAnswer = { error: { code: -32_000, message: 'header not found' } }

function atBlock(head: number, request: RpcRequest, ask: AskChain): RpcAnswer | Promise<RpcAnswer> {
  const { method, params } = request
  const place = BLOCK_PLACE[method]!
  const tag = params[place] ?? 'latest'
  if (typeof tag === 'object') return atHash(head, request, ask, tag as { readonly blockHash: string })
  const isNumber = typeof tag === 'string' && tag.startsWith('0x')
  if (isNumber && Number(tag) > head) return place === 0 ? { result: null } : UNKNOWN
  const asked = [...params]
  if (!isNumber) asked[place] = quantity(head)
  return ask({ method, params: asked })
}

/** By EIP-1898. */
async function atHash(
  head: number,
  request: RpcRequest,
  ask: AskChain,
  { blockHash }: { readonly blockHash: string },
): Promise<RpcAnswer> {
  const block = await ask({ ...request, method: 'eth_getBlockByHash', params: [blockHash, false] })
  return 'result' in block && isKnown(head, block.result) ? ask(request) : UNKNOWN
}

/** Leaves out what later blocks hold. */
function knownAt(head: number, answer: RpcAnswer): RpcAnswer {
  if (!('result' in answer)) return answer
  const { result } = answer
  if (Array.isArray(result)) return { result: result.filter(one => isKnown(head, one)) }
  return { result: isKnown(head, result) ? result : null }
}

function isKnown(head: number, found: unknown): boolean {
  const { blockNumber, number = blockNumber }: { blockNumber?: string; number?: string } = Object(found)
  return Number(number ?? 0) <= head // a pending transaction has no block
}

const quantity = (number: number): string => `0x${number.toString(16)}`
