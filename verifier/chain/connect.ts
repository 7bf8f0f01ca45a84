/** Opens the connection to a network's chain, and checks that chain and contracts are the network's. */
import { Wallet } from 'ethers'
import { UserError } from '../config/errors.js'
import type { NetworkFile } from '../config/network-file.js'
import { rpcUrls } from '../config/rpc-urls.js'
import type { LogStore } from '../core/chain-log.js'
import { ChainLog, NO_LOG_STORE } from './chain-log.js'
import type { ChainContext } from './context.js'
import { allErrors, type Contracts, contractsOf } from './contracts.js'
import { checkDeployment } from './deployment-checks.js'
import { EthersChain } from './ethers-chain.js'
import { LogReader } from './log-reader.js'
import { RpcFault } from './rpc-fault.js'
import { type Patience, RpcProvider } from './rpc-provider.js'
import { RpcUrl } from './rpc-url.js'
import { Sender } from './sender.js'

/** A chain node is told to lag behind above this age of its newest block, or above half an epoch if that is longer. */
const SHORTEST_STALE_MS = 30_000

/** Age of a newest block above which a chain node counts as one that lags behind. */
export const staleMsOf = ({ params }: Pick<NetworkFile, 'params'>): number =>
  Math.max(SHORTEST_STALE_MS, (params.epochSeconds * 1000) / 2)

/** A node asks a chain that does not answer at least so often in an epoch, and not much more rarely than this. */
const ASKS_PER_EPOCH = 16
const LONGEST_PAUSE_MS = 10_000
/** No chain has this id. */
const NO_CHAIN = 0

export interface ConnectOptions {
  /** one URL, or several with commas between them, of which one is asked when another fails */
  readonly rpcUrl: string
  readonly network: NetworkFile
  /** signs transactions; a connection that only reads needs none */
  readonly privateKey?: string
  /** keeps what was read of the chain's log (default: nothing does, so the log is read again after a restart) */
  readonly logStore?: LogStore
  /** of a node, which waits for its chain for as long as it runs (default: gives up after a few seconds) */
  readonly patience?: Omit<Patience, 'staleMs' | 'longestPauseMs'>
}

/** @throws UserError 'chain-unreachable', or 'configuration' if the chain or its contracts are not the network's */
export async function connectChain(options: ConnectOptions): Promise<EthersChain> {
  const { rpcUrl, network, privateKey, logStore } = options
  const epochMs = network.params.epochSeconds * 1000
  const staleMs = staleMsOf(network)
  const longestPauseMs = Math.min(LONGEST_PAUSE_MS, epochMs / ASKS_PER_EPOCH)
  const patience = options.patience && { ...options.patience, staleMs, longestPauseMs }
  const provider = openProvider(rpcUrl, network.chainId, patience)
  try {
    await checkChainId(provider, network)
    const contracts = contractsOf(network, provider)
    await checkContracts(provider, contracts, network)
    const logReader = new LogReader(provider)
    const context: ChainContext = {
      provider,
      file: network,
      network: { chainId: network.chainId, contract: network.contracts.epochReports },
      contracts,
      log: new ChainLog({ provider, logReader, file: network, contracts, store: logStore ?? NO_LOG_STORE }),
      logReader,
    }
    if (privateKey === undefined) return new EthersChain(context)
    return new EthersChain(context, new Sender(context, new Wallet(privateKey), allErrors(context.contracts)))
  } catch (error) {
    provider.destroy()
    throw error
  }
}

/** @param rpcUrl one URL, or several with commas between them @param patience of a node (default: that of a command) */
export const openProvider = (rpcUrl: string, chainId: number, patience?: Patience): RpcProvider =>
  new RpcProvider(rpcUrls(rpcUrl), chainId, patience)

/** A connection to a chain of whatever id. @throws RpcFault */
export async function openAnyChain(list: string): Promise<RpcProvider> {
  const urls = rpcUrls(list)
  const chainId = await new RpcUrl(urls[0]!, NO_CHAIN).otherChain(new AbortController().signal)
  return new RpcProvider(urls, chainId!)
}

async function checkChainId(provider: RpcProvider, network: NetworkFile): Promise<void> {
  const other = await provider.misleading()
  if (other === undefined) return
  throw new UserError(
    'configuration',
    `The chain at ${other.url} has id ${other.chainId}, but network "${network.name}" is on chain ${network.chainId}. Pass that chain's URL with --rpc, or this chain's network file with --network.`,
  )
}

/** A chain node that is not there yet has no contracts, and is no reason to doubt the network file. */
async function checkContracts(provider: RpcProvider, contracts: Contracts, network: NetworkFile): Promise<void> {
  try {
    await provider.patiently('the first blocks', async () => {
      const head = await provider.getBlockNumber()
      if (head >= network.deployBlock) return
      throw new RpcFault(`the chain node is at block ${head}, and the network began at block ${network.deployBlock}`)
    })
    await checkDeployment(contracts, network)
    provider.contractsAreThere()
  } catch (cause) {
    if (!(cause instanceof RpcFault)) throw cause
    throw new UserError(
      'chain-unreachable',
      `The chain does not answer: ${cause.message}. Start the chain, or pass the URL of a running one with --rpc.`,
      { cause },
    )
  }
}
