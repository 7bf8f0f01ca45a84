/**
 * Deploys a network. The contracts name one another in their constructors; the addresses are known beforehand from the
 * deployer's nonces, so all transactions go out at once and most land in one block.
 */
import { ContractFactory, getCreateAddress, type Signer } from 'ethers'
import type { Hex } from '../proto/hex.js'
import { type NetworkParams, paramsHash } from '../proto/params.js'
import { artifact } from './artifacts.js'

export interface DeployConfig {
  readonly params: NetworkParams
  readonly minimumVerifiers: number
  /** From `start` to genesis. */
  readonly startDelaySeconds: number
  /** wei of the stake token */
  readonly verifierBond: bigint
  readonly minimumProviderStake: bigint
  /** An ERC-20 that its holders can burn; without it a testnet token is deployed, whose whole supply the deployer gets. */
  readonly token?: Hex
}

export type ContractName =
  | 'stakeToken'
  | 'stakeVault'
  | 'verifierRegistry'
  | 'providerRegistry'
  | 'epochReports'
  | 'slashingManager'

/** Addresses in lower case. `deployBlock` is the first block that holds any of the contracts: where to read events from. */
export interface Deployment {
  readonly chainId: number
  readonly deployBlock: number
  readonly contracts: Readonly<Record<ContractName, Hex>>
}

/** Gas limit of one deployment: explicit, since an estimate would fail while the contracts named are not there yet. */
const DEPLOY_GAS = 6_000_000

/** @throws if the signer has no chain, or a constructor reverts */
export async function deploy(signer: Signer, config: DeployConfig): Promise<Deployment> {
  const { provider } = signer
  if (!provider) throw new Error('cannot deploy: the signer is not connected to a chain')
  const { params } = config
  const [{ chainId }, from, firstNonce, { maxFeePerGas, maxPriorityFeePerGas }] = await Promise.all([
    provider.getNetwork(),
    signer.getAddress(),
    signer.getNonce('pending'),
    provider.getFeeData(),
  ])
  let nonce = firstNonce
  const next = () => {
    const taken = nonce++
    return { nonce: taken, address: getCreateAddress({ from, nonce: taken }).toLowerCase() as Hex }
  }
  const token = config.token ? { address: config.token.toLowerCase() as Hex } : next()
  const [vault, verifiers, providers, reports, slashing] = [next(), next(), next(), next(), next()]

  const create = async (name: string, at: { nonce: number; address: Hex }, args: readonly unknown[]) => {
    const { abi, bytecode } = artifact(name)
    const transaction = await new ContractFactory(abi, bytecode).getDeployTransaction(...args)
    const sent = await signer.sendTransaction({
      ...transaction,
      nonce: at.nonce,
      chainId,
      gasLimit: DEPLOY_GAS,
      ...(maxFeePerGas === null ? {} : { type: 2, maxFeePerGas, maxPriorityFeePerGas }),
    })
    return { name, sent }
  }
  const sending = [
    ...('nonce' in token ? [create('StakeToken', token, [])] : []),
    create('StakeVault', vault, [token.address, slashing.address, params.unbondingSeconds]),
    create('VerifierRegistry', verifiers, [
      vault.address,
      config.verifierBond,
      params.epochSeconds,
      params.eraEpochs,
      config.startDelaySeconds,
      config.minimumVerifiers,
    ]),
    create('ProviderRegistry', providers, [
      vault.address,
      verifiers.address,
      config.minimumProviderStake,
      params.claimDelaySeconds,
    ]),
    create('EpochReports', reports, [verifiers.address, paramsHash(params), params.settlementSeconds]),
    create('SlashingManager', slashing, [
      vault.address,
      reports.address,
      verifiers.address,
      providers.address,
      params.evidenceSeconds,
    ]),
  ]
  const blocks = await Promise.all(
    (await Promise.all(sending)).map(async ({ name, sent }) => {
      const receipt = await sent.wait()
      if (!receipt) throw new Error(`deployment of ${name} has no receipt`)
      return receipt.blockNumber
    }),
  )
  return {
    chainId: Number(chainId),
    deployBlock: Math.min(...blocks),
    contracts: {
      stakeToken: token.address,
      stakeVault: vault.address,
      verifierRegistry: verifiers.address,
      providerRegistry: providers.address,
      epochReports: reports.address,
      slashingManager: slashing.address,
    },
  }
}
