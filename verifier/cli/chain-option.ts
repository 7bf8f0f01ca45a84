/** Options of the commands that can ask the chain itself. */
import { connectChain } from '../chain/connect.js'
import type { EthersChain } from '../chain/ethers-chain.js'
import { loadNetworkFile, type NetworkFile } from '../config/network-file.js'

/** @param checked what the chain is asked about */
export const chainOptions = (checked: string) => chainToAsk(`against which to check ${checked}`)

/** @param purpose what the chain is good for: the end of a noun phrase */
export const chainToAsk = (purpose: string) =>
  ({
    rpc: {
      type: 'string',
      implies: 'network',
      describe: `JSON-RPC URL of a chain ${purpose} (default: none)`,
    },
    network: { type: 'string', implies: 'rpc', describe: 'Network file that belongs to --rpc' },
  }) as const

/** @returns what the chain says; undefined without --rpc. @throws UserError */
export async function askChain<T>(
  { rpc, network }: { readonly rpc?: string | undefined; readonly network?: string | undefined },
  ask: (chain: EthersChain, network: NetworkFile) => Promise<T>,
): Promise<T | undefined> {
  if (rpc === undefined || network === undefined) return undefined
  const file = await loadNetworkFile(network)
  const chain = await connectChain({ rpcUrl: rpc, network: file })
  try {
    return await ask(chain, file)
  } finally {
    chain.close()
  }
}
