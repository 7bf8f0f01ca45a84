/** What one chain node is worth to a node of the network, found by asking it. Sends nothing to the chain. */
import { setMaxListeners } from 'node:events'
import { type JsonRpcPayload, toQuantity } from 'ethers'
import type { NetworkFile } from '../config/network-file.js'
import { rpcUrls } from '../config/rpc-urls.js'
import { MOST_BLOCKS } from './log-reader.js'
import { quoted, type RpcAnswer, RpcFault, wordsOf } from './rpc-fault.js'
import { RpcUrl } from './rpc-url.js'
import { askOldState, type StateDepth } from './state-depth.js'

/** About what a verifier asks within a second, at the start of an epoch. */
const BURST = 24
/** From which the time of a block follows. */
const SEEN_BLOCKS = 64

export interface RpcHead {
  readonly number: number
  /** unix time of its block, milliseconds */
  readonly blockMs: number
}

/** What a chain node answers, as far as it does. */
export interface RpcExamination {
  /** the URL, without its secrets */
  readonly url: string
  /** why nothing more is known of it */
  readonly fault?: string
  /** of the chain that it is on, if that is another one */
  readonly otherChainId?: number
  readonly head?: RpcHead
  /** of questions asked at once */
  readonly burst?: { readonly asked: number; readonly refused: number; readonly words: string }
  /** the longest range of blocks whose logs it told; 0 if it told of none, with its words */
  readonly logs?: { readonly blocks: number; readonly words: string }
  /** as far back as the facts of the network reach */
  readonly state?: StateDepth
}

/** @param rpcUrl one URL, or several with commas between them. @throws UserError 'usage' */
export function examineRpcs(rpcUrl: string, network: NetworkFile): Promise<RpcExamination[]> {
  const { signal } = new AbortController() // each question ends by itself
  setMaxListeners(0, signal)
  return Promise.all(rpcUrls(rpcUrl).map(url => examine(new RpcUrl(url, network.chainId), network, signal)))
}

async function examine(rpc: RpcUrl, network: NetworkFile, signal: AbortSignal): Promise<RpcExamination> {
  const url = rpc.shown
  const ask = (method: string, params: unknown[]) => rpc.ask(questionOf(method, params), signal)
  let head: RpcHead | undefined
  try {
    const otherChainId = await rpc.otherChain(signal)
    if (otherChainId !== undefined) return { url, otherChainId }
    head = headIn(await ask('eth_getBlockByNumber', ['latest', false]))
  } catch (error) {
    if (error instanceof RpcFault) return { url, fault: error.message }
    throw error
  }
  if (head === undefined) return { url, fault: `${url} answers with a block that nobody can read` }
  // One after the other: the burst may use up what the node grants.
  const logs = await longestLogs(ask, network, head.number)
  const state = await oldState(ask, network, head)
  return { url, head, logs, state, burst: await burstOf(ask) }
}

/** The blocks before the network's first one do not matter. */
async function oldState(ask: Ask, { params, deployBlock }: NetworkFile, head: RpcHead): Promise<StateDepth> {
  const answer = async (method: string, asked: unknown[]) => {
    const told = await ask(method, asked)
    if ('error' in told) throw new Error(told.error.message)
    return told.result
  }
  const blocks = Math.min(SEEN_BLOCKS, head.number)
  const seen = await ask('eth_getBlockByNumber', [toQuantity(head.number - blocks), false]).then(
    headIn,
    () => undefined,
  )
  const secondsOfBlock = seen === undefined || blocks === 0 ? 0 : (head.blockMs - seen.blockMs) / 1000 / blocks
  return askOldState(answer, params, { head: head.number, first: Math.min(deployBlock, head.number), secondsOfBlock })
}

type Ask = (method: string, params: unknown[]) => Promise<RpcAnswer>

const questionOf = (method: string, params: unknown[]): JsonRpcPayload => ({ jsonrpc: '2.0', id: 1, method, params })

function headIn(answer: RpcAnswer): RpcHead | undefined {
  const block = 'result' in answer ? answer.result : undefined
  const [number, seconds] = [Number(block?.number ?? Number.NaN), Number(block?.timestamp ?? Number.NaN)]
  return Number.isSafeInteger(number) && Number.isSafeInteger(seconds) ? { number, blockMs: seconds * 1000 } : undefined
}

/** Halves the range until the node answers, as `LogReader` does. */
async function longestLogs(ask: Ask, { contracts, deployBlock }: NetworkFile, head: number) {
  let words = ''
  for (
    let blocks = Math.max(1, Math.min(MOST_BLOCKS, head - deployBlock + 1));
    blocks >= 1;
    blocks = Math.floor(blocks / 2)
  ) {
    const range = { fromBlock: toQuantity(Math.max(0, head - blocks + 1)), toBlock: toQuantity(head) }
    try {
      const answer = await ask('eth_getLogs', [{ address: [contracts.epochReports], topics: [], ...range }])
      if ('result' in answer && Array.isArray(answer.result)) return { blocks, words }
      words = quoted('error' in answer ? answer.error.message : 'no list of logs')
    } catch (error) {
      if (!(error instanceof RpcFault)) throw error
      words = error.message
    }
  }
  return { blocks: 0, words }
}

async function burstOf(ask: Ask): Promise<NonNullable<RpcExamination['burst']>> {
  const answers = await Promise.allSettled(Array.from({ length: BURST }, () => ask('eth_blockNumber', [])))
  const refused = answers.filter(one => one.status === 'rejected' || 'error' in one.value)
  const [first] = refused
  const words =
    first === undefined
      ? ''
      : first.status === 'rejected'
        ? (first.reason as Error).message
        : quoted(wordsOf(first.value))
  return { asked: BURST, refused: refused.length, words }
}
