/** Opens the connection to a network's chain, and makes sure that it is that chain and that network. */
import { FetchRequest, isError, JsonRpcProvider, Network, Wallet } from 'ethers'
import { paramsHash } from '../../proto/params.js'
import { UserError } from '../config/errors.js'
import type { NetworkFile } from '../config/network-file.js'
import type { ChainContext } from './context.js'
import { allErrors, contractsOf } from './contracts.js'
import { EthersChain } from './ethers-chain.js'
import { Sender } from './sender.js'

/** A node that does not answer in this time counts as not reachable. */
const REQUEST_TIMEOUT_MS = 10_000

export interface ConnectOptions {
  readonly rpcUrl: string
  readonly network: NetworkFile
  /** Needed to send; a reader goes without. */
  readonly privateKey?: string
}

/** @throws UserError 'chain-unreachable', or 'configuration' where the chain or its contracts are not the network's */
export async function connectChain({ rpcUrl, network, privateKey }: ConnectOptions): Promise<EthersChain> {
  const provider = openProvider(rpcUrl, network.chainId)
  try {
    await checkChainId(provider, rpcUrl, network)
    const context: ChainContext = {
      provider,
      file: network,
      network: { chainId: network.chainId, contract: network.contracts.epochReports },
      contracts: contractsOf(network, provider),
    }
    await checkParameters(context)
    if (privateKey === undefined) return new EthersChain(context)
    return new EthersChain(context, new Sender(context, new Wallet(privateKey), allErrors(context.contracts)))
  } catch (error) {
    provider.destroy()
    throw error
  }
}

/** No batches, no cache: an answer may be outdated by the next block, and a held back request costs an epoch its time. */
export function openProvider(rpcUrl: string, chainId: number): JsonRpcProvider {
  const request = requestTo(rpcUrl)
  request.timeout = REQUEST_TIMEOUT_MS
  const chain = Network.from(chainId)
  return new JsonRpcProvider(request, chain, { staticNetwork: chain, batchMaxCount: 1, cacheTimeout: -1 })
}

function requestTo(rpcUrl: string): FetchRequest {
  if (!/^https?:\/\/[^/]/.test(rpcUrl)) {
    throw new UserError('usage', `"${rpcUrl}" is no chain URL: pass one such as http://127.0.0.1:8545 with --rpc.`)
  }
  return new FetchRequest(rpcUrl)
}

async function checkChainId(provider: JsonRpcProvider, rpcUrl: string, network: NetworkFile): Promise<void> {
  let chainId: number
  try {
    chainId = Number(await provider.send('eth_chainId', []))
  } catch (cause) {
    throw new UserError(
      'chain-unreachable',
      `No chain answers at ${rpcUrl}: start it, or pass the URL of one that runs with --rpc.`,
      { cause },
    )
  }
  if (chainId !== network.chainId) {
    throw new UserError(
      'configuration',
      `The chain at ${rpcUrl} has id ${chainId}, but network "${network.name}" is on chain ${network.chainId}: pass that chain's URL with --rpc, or this chain's network file with --network.`,
    )
  }
}

async function checkParameters({ contracts, file }: ChainContext): Promise<void> {
  const onChain = await contracts.epochReports
    .getFunction('parametersHash')()
    .catch((cause: unknown) => {
      if (!isError(cause, 'BAD_DATA') && !isError(cause, 'CALL_EXCEPTION')) throw cause
      throw new UserError(
        'configuration',
        `There is no Bandwitness network at ${file.contracts.epochReports} on chain ${file.chainId}: pass the network file of this chain with --network.`,
        { cause },
      )
    })
  if (onChain === paramsHash(file.params)) return
  throw new UserError(
    'configuration',
    `The parameters of network "${file.name}" are not those that its contracts were deployed with: get the network file again, and change nothing in it.`,
  )
}
