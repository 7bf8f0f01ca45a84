import type { InferredOptionTypes } from 'yargs'
import { startCall } from '../../chain/calls.js'
import { connectChain } from '../../chain/connect.js'
import type { EthersChain } from '../../chain/ethers-chain.js'
import { UserError } from '../../config/errors.js'
import { loadNetworkFile } from '../../config/network-file.js'
import type { NetworkStartJson } from '../../evidence/schema/network-commands.js'
import { confirm, YES_OPTION } from '../confirm.js'
import { timeText } from '../figures.js'
import type { Command } from '../lazily.js'
import { print } from '../output.js'
import { sent } from '../own-account.js'
import { settings } from '../settings.js'
import { FILE, KEY_OPTIONS, RPC_OPTION } from './options.js'
import { readPrivateKey } from './private-key.js'

const OPTIONS = { rpc: RPC_OPTION, ...KEY_OPTIONS, ...YES_OPTION } as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { file: string; json?: unknown }

export const networkStart: Command<Flags> = {
  builder: y => settings(y, OPTIONS).positional('file', FILE),
  handler: async ({ file, rpc, key, ...flags }) => {
    const network = await loadNetworkFile(file)
    const privateKey = await readPrivateKey(key, flags['password-file'])
    const chain = await connectChain({ rpcUrl: rpc, network, privateKey })
    try {
      await refuseTooEarly(chain, network.name)
      const { chainId, name } = network
      await confirm(
        flags,
        `Starts network "${name}" on chain ${chainId}. Nodes that are not up yet miss its first epoch.`,
      )
      const txHash = await sent({ chain }, startCall(chain.context), `the start of network "${name}"`)
      const genesis = (await chain.clock())!.genesisMs / 1000
      print<NetworkStartJson>(
        flags,
        { name, chainId, genesis, txHash },
        () => `Started network "${name}": epoch 1 begins at ${timeText(genesis)}.`,
      )
    } finally {
      chain.close()
    }
  },
}

/** @throws UserError 'configuration' if the network has started, or has too few verifiers */
async function refuseTooEarly(chain: EthersChain, name: string): Promise<void> {
  const clock = await chain.clock()
  if (clock !== undefined) {
    const genesis = timeText(clock.genesisMs / 1000)
    throw new UserError('configuration', `Network "${name}" has started already: its epoch 1 began at ${genesis}.`)
  }
  const registry = chain.context.contracts.verifierRegistry
  const [registered, minimum] = await Promise.all(
    ['stayingCount', 'minimumVerifiers'].map(async view => Number(await registry.getFunction(view)())),
  )
  if (registered! >= minimum!) return
  throw new UserError(
    'configuration',
    `Network "${name}" has ${registered} registered verifiers, and starts with ${minimum} or more. Register the others first.`,
  )
}
