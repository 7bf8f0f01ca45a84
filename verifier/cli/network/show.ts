import type { InferredOptionTypes, Options } from 'yargs'
import { epochAt, eraOf } from '../../../proto/epoch.js'
import { connectChain } from '../../chain/connect.js'
import { readThaw } from '../../chain/escrow.js'
import type { EthersChain } from '../../chain/ethers-chain.js'
import { readLaneTimes } from '../../chain/lanes.js'
import { loadNetworkFile } from '../../config/network-file.js'
import type { NetworkShowJson, NetworkStateJson } from '../../evidence/schema/network-commands.js'
import { timeText } from '../figures.js'
import type { Command } from '../lazily.js'
import { print } from '../output.js'
import { settings } from '../settings.js'
import { textTable } from '../text-table.js'
import { FILE } from './options.js'

const OPTIONS = {
  rpc: { type: 'string', describe: 'JSON-RPC URL of the chain to ask, which must hold the contracts of the file' },
} as const satisfies Record<string, Options>

type Flags = InferredOptionTypes<typeof OPTIONS> & { file: string; json?: unknown }

export const networkShow: Command<Flags> = {
  builder: y => settings(y, OPTIONS).positional('file', FILE),
  handler: async ({ file, rpc, ...flags }) => {
    const network = await loadNetworkFile(file)
    if (rpc === undefined) return print<NetworkShowJson>(flags, { ...network, chain: null }, showText)
    const chain = await connectChain({ rpcUrl: rpc, network }) // refuses contracts that are not the file's
    try {
      print<NetworkShowJson>(flags, { ...network, chain: await stateOf(chain) }, showText)
    } finally {
      chain.close()
    }
  },
}

async function stateOf(chain: EthersChain): Promise<NetworkStateJson> {
  const { provider, contracts } = chain.context
  const registry = contracts.verifierRegistry
  const [head, clock, tip, registered, providers, thawSeconds, laneTimes] = await Promise.all([
    provider.getBlockNumber(),
    chain.clock(),
    chain.tip(),
    registry.getFunction('stayingCount')(),
    contracts.providerRegistry.getFunction('activeCount')(),
    readThaw(chain.context),
    readLaneTimes(chain.context),
  ])
  const epoch = clock && epochAt(clock, tip.blockMs)
  const era = clock && epoch !== undefined && epoch >= 1 ? eraOf(clock, epoch) : undefined
  return {
    head,
    genesis: clock === undefined ? null : clock.genesisMs / 1000,
    epoch: epoch ?? null,
    era: era ?? null,
    verifiers: era === undefined ? Number(registered) : (await chain.frozenSet(era)).length,
    providers: Number(providers),
    lastReport: tip.epoch,
    lastHeaderHash: tip.headerHash,
    thawSeconds,
    laneSlotSeconds: laneTimes.slotSeconds,
    laneGraceSeconds: laneTimes.graceSeconds,
  }
}

const showText = ({ name, chainId, contracts, deployBlock, params, chain }: NetworkShowJson): string =>
  [
    `Network "${name}" on chain ${chainId}, deployed from block ${deployBlock} on`,
    stateText(chain),
    `Contracts${chain === null ? '' : ', all of them on the chain, with the parameters below'}`,
    indented(Object.entries(contracts)),
    'Parameters',
    indented(Object.entries(params).map(([param, value]) => [param, `${value}`])),
  ].join('\n\n')

function stateText(chain: NetworkStateJson | null): string {
  if (chain === null) return 'Add --rpc URL to see what the chain says of it.'
  const { head, genesis, epoch, era, verifiers, providers, lastReport, lastHeaderHash } = chain
  const { thawSeconds, laneSlotSeconds, laneGraceSeconds } = chain
  const begins = genesis === null ? 'not set: the network has not started' : timeText(genesis)
  const now = epoch === null || epoch < 1 ? 'not begun' : `${epoch}, in era ${era}`
  return indented([
    ['head', `block ${head}`],
    ['genesis', begins],
    ['epoch', now],
    ['verifiers', `${verifiers} ${era === null ? 'registered' : `in the set of era ${era}`}`],
    ['providers', `${providers} registered`],
    ['last report', lastReport === 0 ? 'none' : `of epoch ${lastReport}, ${lastHeaderHash}`],
    ...Object.entries({ thawSeconds, laneSlotSeconds, laneGraceSeconds }).map(([name, value]) => [name, `${value}`]),
  ])
}

const indented = (rows: readonly (readonly string[])[]): string =>
  textTable(rows)
    .split('\n')
    .map(line => `  ${line}`)
    .join('\n')
