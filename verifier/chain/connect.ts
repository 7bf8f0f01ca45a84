/** Opens the connection to a network's chain, and checks that chain and contracts are the network's. */
import { FetchRequest, JsonRpcProvider, Network, Wallet } from 'ethers'
import { UserError } from '../config/errors.js'
import type { NetworkFile } from '../config/network-file.js'
import type { LogStore } from '../core/chain-log.js'
import { ChainLog, NO_LOG_STORE } from './chain-log.js'
import type { ChainContext } from './context.js'
import { allErrors, contractsOf } from './contracts.js'
import { checkDeployment } from './deployment-checks.js'
import { EthersChain } from './ethers-chain.js'
import { Sender } from './sender.js'

/** A chain node that does not answer within this time counts as unreachable. */
const REQUEST_TIMEOUT_MS = 10_000

export interface ConnectOptions {
  readonly rpcUrl: string
  readonly network: NetworkFile
  /** signs transactions; a connection that only reads needs none */
  readonly privateKey?: string
  /** keeps what was read of the chain's log (default: nothing does, so the log is read again after a restart) */
  readonly logStore?: LogStore
}

/** @throws UserError 'chain-unreachable', or 'configuration' if the chain or its contracts are not the network's */
export async function connectChain({ rpcUrl, network, privateKey, logStore }: ConnectOptions): Promise<EthersChain> {
  const provider = openProvider(rpcUrl, network.chainId)
  try {
    await checkChainId(provider, rpcUrl, network)
    const contracts = contractsOf(network, provider)
    await checkDeployment(contracts, network)
    const context: ChainContext = {
      provider,
      file: network,
      network: { chainId: network.chainId, contract: network.contracts.epochReports },
      contracts,
      log: new ChainLog({ provider, file: network, contracts, store: logStore ?? NO_LOG_STORE }),
    }
    if (privateKey === undefined) return new EthersChain(context)
    return new EthersChain(context, new Sender(context, new Wallet(privateKey), allErrors(context.contracts)))
  } catch (error) {
    provider.destroy()
    throw error
  }
}

/** No batches and no cache: the next block may outdate an answer, and a delayed request costs time that an epoch lacks. */
export function openProvider(rpcUrl: string, chainId: number): JsonRpcProvider {
  const request = requestTo(rpcUrl)
  request.timeout = REQUEST_TIMEOUT_MS
  const chain = Network.from(chainId)
  return new JsonRpcProvider(request, chain, { staticNetwork: chain, batchMaxCount: 1, cacheTimeout: -1 })
}

function requestTo(rpcUrl: string): FetchRequest {
  if (!/^https?:\/\/[^/]/.test(rpcUrl)) {
    throw new UserError('usage', `"${rpcUrl}" is not a chain URL. Pass a URL such as http://127.0.0.1:8545 with --rpc.`)
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
      `No chain answers at ${rpcUrl}. Start the chain, or pass the URL of a running one with --rpc.`,
      { cause },
    )
  }
  if (chainId !== network.chainId) {
    throw new UserError(
      'configuration',
      `The chain at ${rpcUrl} has id ${chainId}, but network "${network.name}" is on chain ${network.chainId}. Pass that chain's URL with --rpc, or this chain's network file with --network.`,
    )
  }
}
