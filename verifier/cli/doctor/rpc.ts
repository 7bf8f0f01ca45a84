/** What the chain nodes of `--rpc` are worth, in lines for the operator. Pure. */
import { MOST_BLOCKS } from '../../chain/log-reader.js'
import type { RpcExamination } from '../../chain/rpc-examination.js'
import type { NetworkFile } from '../../config/network-file.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { bad, good, warning } from '../finding.js'
import { stateFinding } from '../state-finding.js'

/** A chain node that is so far behind another one of the list answers late, and one block is chance. */
const BLOCKS_BEHIND = 3
/** Below this, a node that reads the log of a year takes hours. */
const FEW_BLOCKS = 500
const ANOTHER = 'Pass another URL with --rpc, or several with commas between them.'

export interface RpcGrading {
  readonly network: NetworkFile
  /** age of a newest block above which a chain node lags behind */
  readonly staleMs: number
  readonly nowMs: number
}

export const rpcFindings = (all: readonly RpcExamination[], grading: RpcGrading): Finding[] =>
  all.flatMap(one => {
    const fault = faultOf(one, grading.network)
    if (fault !== undefined) return [fault]
    const highest = Math.max(...all.map(({ head }) => head?.number ?? 0))
    const state = stateFinding('rpc state', one.url, one.state!, grading.network.params)
    return [headFinding(one, highest, grading), burstFinding(one), logsFinding(one), state]
  })

function faultOf({ url, fault, otherChainId, head }: RpcExamination, network: NetworkFile): Finding | undefined {
  if (fault !== undefined) return bad('rpc', fault, `Check the URL, and whether the chain's node runs. ${ANOTHER}`)
  if (otherChainId !== undefined)
    return bad(
      'rpc',
      `${url} is on chain ${otherChainId}, and network "${network.name}" is on chain ${network.chainId}`,
      "Pass a URL of the network's chain with --rpc, or the other chain's network file with --network.",
    )
  if (head !== undefined && head.number < network.deployBlock)
    return bad('rpc', `${url} is at block ${head.number}, and the network began at ${network.deployBlock}`, ANOTHER)
  return undefined
}

function headFinding({ url, head }: RpcExamination, highest: number, { staleMs, nowMs }: RpcGrading): Finding {
  const { number, blockMs } = head!
  const ageMs = nowMs - blockMs
  const found = `${url} is on the network's chain, at block ${number}, ${(Math.max(0, ageMs) / 1000).toFixed(0)} s old`
  if (ageMs > staleMs) return bad('rpc', `${found}: it lags behind, or the clock of this machine is wrong`, ANOTHER)
  return highest - number > BLOCKS_BEHIND
    ? warning('rpc', `${found}, ${highest - number} blocks behind another one`, 'Put the URL that is ahead first.')
    : good('rpc', found)
}

function burstFinding({ url, burst }: RpcExamination): Finding {
  const { asked, refused, words } = burst!
  if (refused === 0) return good('rpc limit', `${url} answers ${asked} questions at once`)
  return warning(
    'rpc limit',
    `${url} refuses ${refused} of ${asked} questions asked at once: ${words}`,
    'Ask its operator for a higher limit, name a second URL with --rpc, or run a chain node of your own.',
  )
}

function logsFinding({ url, logs }: RpcExamination): Finding {
  const { blocks, words } = logs!
  if (blocks === 0) return bad('rpc logs', `${url} does not answer eth_getLogs: ${words}`, ANOTHER)
  if (words === '') return good('rpc logs', `${url} tells the logs of ${blocks} blocks at once`)
  const found = `${url} tells the logs of ${blocks} blocks at once, of the ${MOST_BLOCKS} that a node asks for`
  return blocks < FEW_BLOCKS
    ? warning('rpc logs', `${found}: the first start takes long`, ANOTHER)
    : good('rpc logs', found)
}
