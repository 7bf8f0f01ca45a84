/** The registries' entries. */
import { isError } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import type { RegisteredProvider, RegisteredVerifier } from '../core/facts.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { REGISTRY } from './log-events.js'

/** As ethers decodes the structs of `IVerifierRegistry` and `IProviderRegistry`. */
export interface VerifierTuple {
  readonly index: bigint
  readonly account: string
  readonly capacityKbps: bigint
  readonly blsKey: string
}

export interface ProviderTuple {
  readonly index: bigint
  readonly account: string
  readonly claimKbps: bigint
  readonly region: string
  readonly stake: bigint
}

export const verifierFrom = ({ index, account, blsKey, capacityKbps }: VerifierTuple): RegisteredVerifier => ({
  index: Number(index),
  account: hex(account),
  blsKey: hex(blsKey),
  capacityKbps: Number(capacityKbps),
})

export const providerFrom = ({ index, account, claimKbps, region, stake }: ProviderTuple): RegisteredProvider => ({
  index: Number(index),
  account: hex(account),
  claimKbps: Number(claimKbps),
  region: hex(region),
  stake,
})

/** The current entry; undefined for an account that is not registered. */
export async function readVerifier({ contracts }: ChainContext, account: Hex): Promise<RegisteredVerifier | undefined> {
  const tuple = await entry<VerifierTuple>(contracts.verifierRegistry.getFunction('verifierOf')(account))
  return tuple && hex(tuple.account) === account ? verifierFrom(tuple) : undefined
}

export async function readProvider({ contracts }: ChainContext, account: Hex): Promise<RegisteredProvider | undefined> {
  const tuple = await entry<ProviderTuple>(contracts.providerRegistry.getFunction('providerOf')(account))
  return tuple && hex(tuple.account) === account ? providerFrom(tuple) : undefined
}

/** The address that the vault pays an account's stake to; the account itself unless it named another. */
export async function readWithdrawalAddress(
  { contracts, file }: ChainContext,
  role: keyof typeof REGISTRY,
  account: Hex,
): Promise<Hex> {
  return hex(await contracts.stakeVault.getFunction('withdrawalAddressOf')(file.contracts[REGISTRY[role]], account))
}

/** A registry may revert for an account that it does not know. */
async function entry<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isError(error, 'CALL_EXCEPTION')) return undefined
    throw error
  }
}
