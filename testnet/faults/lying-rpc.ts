/**
 * A chain node that lies where nobody can see it in one answer: it hides one contract's events, and names another
 * randomness for every block. All else is true, so the contracts' state contradicts the log.
 */
import { keccak256 } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import type { Manner, RpcAnswer } from './rpc-proxy.js'

interface Log {
  readonly address: string
}
interface Receipt {
  readonly logs: readonly Log[]
}

/** @param contract whose events it hides */
export const lying = (contract: Hex): Manner => {
  const shown = (logs: readonly Log[]) => logs.filter(({ address }) => address.toLowerCase() !== contract)
  const inReceipt = (one: Receipt) => ({ ...one, logs: shown(one.logs) })
  const inBlock = (one: { readonly mixHash: string }) => ({ ...one, mixHash: keccak256(one.mixHash) })
  const lies: Readonly<Record<string, (result: never) => unknown>> = {
    eth_getLogs: shown,
    eth_getTransactionReceipt: inReceipt,
    eth_getBlockReceipts: (all: readonly Receipt[]) => all.map(inReceipt),
    eth_getBlockByNumber: inBlock,
    eth_getBlockByHash: inBlock,
  }
  return async (request, ask) => {
    const lie = lies[request.method]
    return lie && told(await ask(request), lie)
  }
}

const told = (answer: RpcAnswer, lie: (result: never) => unknown): RpcAnswer =>
  'result' in answer && answer.result !== null ? { result: lie(answer.result as never) } : answer
