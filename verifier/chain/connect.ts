/** Opens the connection to a network's chain, and checks that chain and contracts are the network's. */
import { FetchRequest, isError, JsonRpcProvider, Network, Wallet } from 'ethers'
import { paramsHash } from '../../proto/params.js'
import { UserError } from '../config/errors.js'
import type { NetworkFile } from '../config/network-file.js'
import type { ChainContext } from './context.js'
import { allErrors, contractsOf } from './contracts.js'
import { EthersChain } from './ethers-chain.js'
import { Sender } from './sender.js'

/** A chain node that does not answer within this time counts as unreachable. */
const REQUEST_TIMEOUT_MS = 10_000

export interface ConnectOptions {
  readonly rpcUrl: string
  readonly network: NetworkFile
  /** signs transactions; a connection that only reads needs none */
  readonly privateKey?: string
}

/** @throws UserError 'chain-unreachable', or 'configuration' if the chain or its contracts are not the network's */
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

async function checkParameters({ contracts, file }: ChainContext): Promise<void> {
  const onChain = await contracts.epochReports
    .getFunction('parametersHash')()
    .catch((cause: unknown) => {
      if (!isError(cause, 'BAD_DATA') && !isError(cause, 'CALL_EXCEPTION')) throw cause
      throw new UserError(
        'configuration',
        `There is no Bandwitness network at ${file.contracts.epochReports} on chain ${file.chainId}. Pass the network file of this chain with --network.`,
        { cause },
      )
    })
  if (onChain === paramsHash(file.params)) return
  throw new UserError(
    'configuration',
    `The parameters in the file of network "${file.name}" are not those of its contracts. Get the network file again, and change nothing in it.`,
  )
}
