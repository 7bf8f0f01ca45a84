/** From an empty chain to a network whose verifiers and providers are registered: deploy, fund, join, write its file. */
import { fromHex, type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { NetworkParams } from '../../proto/params.js'
import { proveOfPossession } from '../../verifier/bls/proof-of-possession.js'
import { BlsSigner } from '../../verifier/bls/signer.js'
import { accountOf } from '../../verifier/chain/account.js'
import { connectChain, openProvider } from '../../verifier/chain/connect.js'
import { deployNetwork } from '../../verifier/chain/deploy-network.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { joinAsProvider, joinAsVerifier } from '../../verifier/chain/join.js'
import type { PlannedTransaction } from '../../verifier/chain/sender.js'
import type { NodeKeys } from '../../verifier/config/keys.js'
import { type NetworkFile, saveNetworkFile } from '../../verifier/config/network-file.js'
import { peerIdOf as peerIdOfSeed } from '../../verifier/net/peer-keys.js'
import type { Anvil } from './anvil.js'
import { LEAST_START_DELAY_SECONDS } from './carried.js'

/** Bond of a verifier and stake of a provider, in wei of the stake token. */
export const VERIFIER_BOND = 10_000n * 10n ** 18n
export const PROVIDER_STAKE = 1_000n * 10n ** 18n
/** For the settler of a penalty, in wei of the stake token. Verifiers settle, and get none. */
const SETTLE_REFUND = 10n ** 16n
/** All penalties of a week together. No lower than one provider's limit, since most providers of a run may be slow. */
const NETWORK_WEEKLY_BPS = 1000
/** Long enough for a payee that looks every few seconds, and short enough to see a channel end in a run. */
const THAW_SECONDS = 20
/** A run sees several slots, and the end of a lane. */
const LANE_SLOT_SECONDS = 10
const LANE_GRACE_SECONDS = 20

/** In the pot of rewards when the network starts, wei. */
export const REWARDS_POT = 100_000n * 10n ** 18n

/** A token for each Mbit/s. Claims above 1 Gbit/s need more than `PROVIDER_STAKE`. */
const STAKE_PER_MBPS = 10n ** 18n

/** Pays for a node's transactions over a run of hours. */
export const NODE_ETHER = 100n * 10n ** 18n

const ETHER_TRANSFER_GAS = 21_000n
const TOKEN_TRANSFER_GAS = 100_000n
const FUND_REWARDS_GAS = 200_000n

export interface NodeSetup {
  readonly name: string
  readonly keys: NodeKeys
}

export interface VerifierSetup extends NodeSetup {
  readonly capacityKbps: number
}

export interface ProviderSetup extends NodeSetup {
  readonly claimKbps: number
}

export interface SetupOptions {
  readonly anvil: Pick<Anvil, 'rpcUrl' | 'accounts'>
  readonly chainId: number
  readonly params: NetworkParams
  /** from `startNetwork` to genesis (default: the few blocks that must lie in between) */
  readonly startDelaySeconds?: number
  readonly verifiers: readonly VerifierSetup[]
  /** Funded like verifiers, but not registered yet: they join later (`joinVerifier`). */
  readonly lateVerifiers: readonly VerifierSetup[]
  readonly providers: readonly ProviderSetup[]
  /** Funded with ether only, to post what must not be connected with a node (default: none). */
  readonly purses?: readonly NodeKeys[]
  /** Funded with ether and so many wei of the stake token (default: none). */
  readonly guests?: readonly Funded[]
  readonly networkFile: string
}

export interface RegisteredNode {
  readonly name: string
  readonly account: Hex
  readonly index: number
}

export interface NetworkSetup {
  readonly network: NetworkFile
  readonly verifiers: readonly RegisteredNode[]
  readonly providers: readonly RegisteredNode[]
}

/** Three rounds of transactions: contracts, funds, registrations. Within a round no transaction waits for another. */
export async function setUpNetwork(options: SetupOptions): Promise<NetworkSetup> {
  const { anvil, verifiers, lateVerifiers, providers } = options
  const treasury = anvil.accounts[0]!.privateKey
  const deployed = await deployTestnet(options, treasury)
  const names = [...verifiers, ...lateVerifiers, ...providers].map(({ name, keys }) => [name, accountOf(keys.evm)])
  const network: NetworkFile = { ...deployed, names: Object.fromEntries(names) }
  await saveNetworkFile(options.networkFile, network)
  await fund(anvil.rpcUrl, network, treasury, [
    ...[...verifiers, ...lateVerifiers].map(node => ({ keys: node.keys, stake: VERIFIER_BOND })),
    ...providers.map(node => ({ keys: node.keys, stake: providerStake(node.claimKbps) })),
    ...(options.purses ?? []).map(keys => ({ keys, stake: 0n })),
    ...(options.guests ?? []),
  ])
  const [registeredVerifiers, registeredProviders] = await Promise.all([
    Promise.all(verifiers.map(verifier => joinVerifier(anvil.rpcUrl, network, verifier))),
    Promise.all(providers.map(provider => joinProvider(anvil.rpcUrl, network, provider))),
  ])
  return { network, verifiers: registeredVerifiers, providers: registeredProviders }
}

/** Sets genesis: epoch 1 starts then. Call it once all nodes are up. @returns unix seconds */
export async function startNetwork(rpcUrl: string, network: NetworkFile, privateKey: string): Promise<number> {
  return connected(rpcUrl, network, privateKey, async chain => {
    const result = await chain.start()
    if (result.kind === 'rejected') throw new Error(`the network cannot be started: ${result.reason}`)
    const clock = await chain.clock()
    if (!clock) throw new Error('the network has no genesis although it was started')
    return clock.genesisMs / 1000
  })
}

export async function joinVerifier(
  rpcUrl: string,
  network: NetworkFile,
  { name, keys, capacityKbps }: VerifierSetup,
): Promise<RegisteredNode> {
  return connected(rpcUrl, network, keys.evm, async chain => {
    const account = accountOf(keys.evm)
    const signer = new BlsSigner(keys.bls)
    const index = await joinAsVerifier(chain.sender!, {
      blsKey: signer.publicKey128,
      proofOfPossession: proveOfPossession(signer, network.chainId, network.contracts.verifierRegistry, account),
      capacityKbps,
    })
    return { name, account, index }
  })
}

export async function joinProvider(
  rpcUrl: string,
  network: NetworkFile,
  { name, keys, claimKbps }: ProviderSetup,
): Promise<RegisteredNode> {
  const peerId = await peerIdOf(keys)
  return connected(rpcUrl, network, keys.evm, async chain => {
    const application = { stake: providerStake(claimKbps), claimKbps, region: ZERO_HASH, peerId }
    return { name, account: accountOf(keys.evm), index: await joinAsProvider(chain.sender!, application) }
  })
}

/** What a provider of the testnet stakes, in wei. */
export function providerStake(claimKbps: number): bigint {
  const needed = (BigInt(claimKbps) * STAKE_PER_MBPS) / 1_000n
  return needed > PROVIDER_STAKE ? needed : PROVIDER_STAKE
}

async function deployTestnet(
  { anvil, chainId, params, startDelaySeconds = LEAST_START_DELAY_SECONDS, verifiers }: SetupOptions,
  treasury: string,
): Promise<NetworkFile> {
  const provider = openProvider(anvil.rpcUrl, chainId)
  const settings = {
    name: 'testnet',
    params,
    minimumVerifiers: Math.ceil((2 * verifiers.length) / 3), // verifiers may leave or be expelled during the run
    genesisVerifiers: verifiers.map(({ keys }) => accountOf(keys.evm)),
    startDelaySeconds,
    verifierBond: VERIFIER_BOND,
    minimumProviderStake: PROVIDER_STAKE,
    stakePerMbps: STAKE_PER_MBPS,
    settleRefund: SETTLE_REFUND,
    networkWeeklyBps: NETWORK_WEEKLY_BPS,
    thawSeconds: THAW_SECONDS,
    laneSlotSeconds: LANE_SLOT_SECONDS,
    laneGraceSeconds: LANE_GRACE_SECONDS,
  }
  try {
    return await deployNetwork({ provider, privateKey: treasury, settings })
  } finally {
    provider.destroy()
  }
}

interface Funded {
  readonly keys: NodeKeys
  /** in wei of the stake token */
  readonly stake: bigint
}

/** Gives a node that joins later what it needs. */
export async function fundLater(rpcUrl: string, network: NetworkFile, treasury: string, node: Funded): Promise<void> {
  await connected(rpcUrl, network, treasury, chain => chain.sender!.sendAll(transfersTo(chain, node)))
}

function transfersTo({ context }: EthersChain, { keys, stake }: Funded): PlannedTransaction[] {
  const { stakeToken: token } = context.contracts
  const account = accountOf(keys.evm)
  const data = token.interface.encodeFunctionData('transfer', [account, stake])
  return [
    { label: 'transfer of ether', to: account, value: NODE_ETHER, gasLimit: ETHER_TRANSFER_GAS },
    { label: 'transfer of stake tokens', to: token.target as string, data, gasLimit: TOKEN_TRANSFER_GAS },
  ]
}

async function fund(rpcUrl: string, network: NetworkFile, treasury: string, nodes: readonly Funded[]): Promise<void> {
  await connected(rpcUrl, network, treasury, async chain => {
    const { stakeToken: token, rewardsDistributor: pot } = chain.context.contracts
    const approve = token.interface.encodeFunctionData('approve', [pot.target, REWARDS_POT])
    const fillPot = pot.interface.encodeFunctionData('fund', [REWARDS_POT])
    await chain.sender!.sendAll([
      ...nodes.flatMap(node => transfersTo(chain, node)),
      { label: 'approval of the rewards', to: token.target as string, data: approve, gasLimit: TOKEN_TRANSFER_GAS },
      { label: 'funding of the rewards', to: pot.target as string, data: fillPot, gasLimit: FUND_REWARDS_GAS },
    ])
  })
}

/** The libp2p peer id that belongs to a node's key. */
export const peerIdOf = (keys: NodeKeys): Promise<string> => peerIdOfSeed(fromHex(keys.peer))

async function connected<T>(
  rpcUrl: string,
  network: NetworkFile,
  privateKey: string,
  work: (chain: EthersChain) => Promise<T>,
): Promise<T> {
  const chain = await connectChain({ rpcUrl, network, privateKey })
  try {
    return await work(chain)
  } finally {
    chain.close()
  }
}
