/**
 * The transactions that deploy a network. The contracts name one another in their constructors. The deployer's nonces
 * determine all addresses in advance, so no transaction waits for another one, and most land in one block. Pure.
 */
import { ContractFactory, getCreateAddress } from 'ethers'
import type { Hex } from '../proto/hex.js'
import type { NetworkParams } from '../proto/params.js'
import { paramsHash } from '../proto/params-hash.js'
import { artifact } from './artifacts.js'

export interface DeployConfig {
  readonly params: NetworkParams
  readonly minimumVerifiers: number
  /** The accounts that can register before the start: at least `minimumVerifiers`, at most 191, all different. */
  readonly genesisVerifiers: readonly Hex[]
  /** Time from `VerifierRegistry.start` to genesis. */
  readonly startDelaySeconds: number
  /** The least bond of a verifier, in wei of the stake token. */
  readonly verifierBond: bigint
  /** In wei of the stake token. */
  readonly minimumProviderStake: bigint
  /** What the settler of a penalty gets out of the charge, at most: about the gas that it pays. In wei of the stake token. */
  readonly settleRefund: bigint
  /** The most that the penalties of a week take from all providers together, in basis points of their stake; at most 1000. */
  readonly networkWeeklyBps: number
  /** Stake that a provider's claim needs, in wei of the stake token per Mbit/s. */
  readonly weiPerMbps: bigint
  /** Time from a payer's wish to leave a channel until it can. Until then its payee redeems its last receipt. */
  readonly thawSeconds: number
  /** Length of a slot of a lane. */
  readonly laneSlotSeconds: number
  /** Time from the end of a lane until its payer can have back what nobody signed. Until then its payee settles. */
  readonly laneGraceSeconds: number
  /** An ERC-20 that its holders can burn, of at most 18 decimals (default: a new testnet token; the deployer receives its whole supply). */
  readonly token?: Hex | undefined
}

export type ContractName =
  | 'stakeToken'
  | 'stakeVault'
  | 'verifierRegistry'
  | 'providerRegistry'
  | 'epochReports'
  | 'slashingManager'
  | 'rewardsDistributor'
  | 'decoys'
  | 'equivocationSlasher'
  | 'offers'
  | 'transferEscrow'
  | 'lanes'

export interface PlannedContract {
  readonly name: string
  /** of the contract, lower case */
  readonly address: Hex
  readonly nonce: number
  /** creation code with the constructor's arguments */
  readonly data: Hex
  readonly gasLimit: number
}

export interface PlannedDeployment {
  readonly contracts: Readonly<Record<ContractName, Hex>>
  /** in the order of their nonces, which follow one another */
  readonly transactions: readonly PlannedContract[]
}

/** Gas limit of one deployment. An estimate would fail, because constructors call contracts that are not mined yet. */
const DEPLOY_GAS = 6_000_000
/** Gas of one genesis account: a new slot of storage, and its share of the data. */
const GENESIS_VERIFIER_GAS = 25_000

/** @param firstNonce the next nonce of the account that deploys. @throws Error for an argument that its contract cannot take */
export function planDeployment(from: string, firstNonce: number, config: DeployConfig): PlannedDeployment {
  const { params } = config
  let nonce = firstNonce
  const next = () => {
    const taken = nonce++
    return { nonce: taken, address: getCreateAddress({ from, nonce: taken }).toLowerCase() as Hex }
  }
  const token = config.token ? { address: config.token.toLowerCase() as Hex } : next()
  const [vault, verifiers, providers, reports] = [next(), next(), next(), next()]
  const [slashing, rewards, decoys, equivocation] = [next(), next(), next(), next()]
  const [offers, escrow, lanes] = [next(), next(), next()]

  const planned = [
    ...('nonce' in token ? [{ name: 'StakeToken', at: token, args: [] }] : []),
    {
      name: 'StakeVault',
      at: vault,
      args: [
        token.address,
        {
          providerRegistry: providers.address,
          slashingManager: slashing.address,
          verifierRegistry: verifiers.address,
          equivocationSlasher: equivocation.address,
        },
        params.unbondingSeconds,
      ],
    },
    {
      name: 'VerifierRegistry',
      at: verifiers,
      args: [
        vault.address,
        reports.address,
        equivocation.address,
        {
          verifierBond: config.verifierBond,
          epochSeconds: params.epochSeconds,
          eraEpochs: params.eraEpochs,
          startDelay: config.startDelaySeconds,
          minimumVerifiers: config.minimumVerifiers,
        },
        config.genesisVerifiers,
      ],
    },
    {
      name: 'ProviderRegistry',
      at: providers,
      args: [
        vault.address,
        verifiers.address,
        config.minimumProviderStake,
        config.weiPerMbps,
        params.claimDelaySeconds,
        params.minClaimKbps,
      ],
    },
    { name: 'EpochReports', at: reports, args: [verifiers.address, paramsHash(params), params.settlementSeconds] },
    {
      name: 'SlashingManager',
      at: slashing,
      args: [
        vault.address,
        reports.address,
        verifiers.address,
        providers.address,
        {
          settleRefund: config.settleRefund,
          evidenceSeconds: params.evidenceSeconds,
          maxPenaltyBps: params.maxPenaltyBps,
          networkWeeklyBps: config.networkWeeklyBps,
          breachBps: params.breachBps,
          windowEpochs: params.windowEpochs,
        },
      ],
    },
    { name: 'RewardsDistributor', at: rewards, args: [token.address, reports.address] },
    {
      name: 'Decoys',
      at: decoys,
      args: [providers.address, verifiers.address, reports.address, params.rewardDelayEpochs],
    },
    {
      name: 'EquivocationSlasher',
      at: equivocation,
      args: [vault.address, reports.address, verifiers.address, params.evidenceSeconds],
    },
    { name: 'Offers', at: offers, args: [] },
    {
      name: 'TransferEscrow',
      at: escrow,
      args: [token.address, offers.address, reports.address, config.thawSeconds],
    },
    {
      name: 'Lanes',
      at: lanes,
      args: [token.address, offers.address, config.laneSlotSeconds, config.laneGraceSeconds],
    },
  ]
  return {
    contracts: {
      stakeToken: token.address,
      stakeVault: vault.address,
      verifierRegistry: verifiers.address,
      providerRegistry: providers.address,
      epochReports: reports.address,
      slashingManager: slashing.address,
      rewardsDistributor: rewards.address,
      decoys: decoys.address,
      equivocationSlasher: equivocation.address,
      offers: offers.address,
      transferEscrow: escrow.address,
      lanes: lanes.address,
    },
    transactions: planned.map(({ name, at, args }) => ({
      ...{ name, ...at, data: creationCode(name, args) },
      gasLimit: DEPLOY_GAS + (name === 'VerifierRegistry' ? GENESIS_VERIFIER_GAS * config.genesisVerifiers.length : 0),
    })),
  }
}

function creationCode(name: string, args: readonly unknown[]): Hex {
  const { abi, bytecode } = artifact(name)
  const factory = new ContractFactory(abi, bytecode)
  return `${bytecode}${factory.interface.encodeDeploy(args).slice(2)}`
}
