/** What one client, its provider and its exit stand on: a chain of their own with the real contracts, accounts and offers. */
import { join } from 'node:path'
import { DEVNET } from '../../../proto/params.js'
import { accountOf } from '../../../verifier/chain/account.js'
import { connectChain } from '../../../verifier/chain/connect.js'
import type { EthersChain } from '../../../verifier/chain/ethers-chain.js'
import { initNode } from '../../../verifier/cli/init.js'
import { keysFromSeed, type NodeKeys } from '../../../verifier/config/keys.js'
import type { NetworkFile } from '../../../verifier/config/network-file.js'
import { newExit, postOffer } from '../../market/offering.js'
import { startAnvil } from '../../network/anvil.js'
import { setUpNetwork, startNetwork } from '../../network/setup.js'
import type { Watchdog } from '../../process/watchdog.js'

export const ROLES = ['provider', 'client', 'exit'] as const
export type Role = (typeof ROLES)[number]

export interface Account {
  readonly keys: NodeKeys
  readonly dataDir: string
}

export interface Ground {
  readonly network: NetworkFile
  readonly networkFile: string
  readonly rpcUrl: string
  readonly accounts: Readonly<Record<Role, Account>>
  /** with an account of nobody's, that may redeem for everybody */
  readonly chain: EthersChain
  close(): Promise<void>
}

const CHAIN_ID = 31_337
/** So that a session's second is less than the least window, and the bound is 4 MiB. */
export const CLAIM_KBPS = 25_000
/** Of the client, in wei of the stake token. */
const CLIENT_TOKENS = 1_000_000n * 10n ** 18n
/** They sign the first set, and never run: nobody measures here. */
const VERIFIERS = 4
const CAPACITY_KBPS = 1_000_000

/** @param exitAddress host and port that the offer names */
export async function openGround(
  seed: string,
  directory: string,
  exitAddress: string,
  watchdog: Watchdog,
): Promise<Ground> {
  const anvil = await startAnvil({ chainId: CHAIN_ID, blockTime: 1, seed, watchdog })
  const accountFor = (name: string): Account => ({ keys: keysFromSeed(seed, name), dataDir: join(directory, name) })
  const accounts = { provider: accountFor('provider'), client: accountFor('client'), exit: accountFor('exit') }
  const { provider, client, exit } = accounts
  const networkFile = join(directory, 'network.json')
  const { network } = await setUpNetwork({
    ...{ anvil, chainId: CHAIN_ID, params: DEVNET, networkFile, lateVerifiers: [] },
    verifiers: Array.from({ length: VERIFIERS }, (_, i) => {
      const name = `verifier-${i + 1}`
      return { name, keys: keysFromSeed(seed, name), capacityKbps: CAPACITY_KBPS }
    }),
    providers: [
      { name: 'provider', keys: provider.keys, claimKbps: CLAIM_KBPS },
      { name: 'exit', keys: exit.keys, claimKbps: CLAIM_KBPS },
    ],
    guests: [{ keys: client.keys, stake: CLIENT_TOKENS }],
  })
  const { rpcUrl, accounts: rich } = anvil
  await startNetwork(rpcUrl, network, rich[0]!.privateKey)
  await initNode('provider', provider.dataDir, provider.keys)
  await initNode('provider', exit.dataDir, exit.keys)
  await initNode('client', client.dataDir, client.keys)
  await postOffer(network, rpcUrl, provider, undefined)
  await postOffer(network, rpcUrl, exit, await newExit(exit.dataDir, exitAddress))
  const chain = await connectChain({ rpcUrl, network, privateKey: rich[1]!.privateKey })
  return {
    ...{ network, networkFile, rpcUrl, accounts, chain },
    close: async () => {
      chain.close()
      await anvil.stop()
    },
  }
}

export const payerOf = ({ accounts }: Ground) => accountOf(accounts.client.keys.evm)
