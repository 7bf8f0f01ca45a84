/**
 * What becomes of the stake of a registered account: how much of it is bonded, unbonding and free, and the calls that change
 * this. All amounts in wei.
 */
import type { Hex } from '../../proto/hex.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { REGISTRY } from './log-events.js'
import { type Call, ownCall } from './sender.js'

export type Role = keyof typeof REGISTRY

export interface Stake {
  /** bonded, and slashable */
  readonly active: bigint
  /** still slashable */
  readonly unbonding: bigint
  /** unix seconds from which what is unbonding can be withdrawn; undefined if nothing is */
  readonly releaseAt: number | undefined
  /** deposited, and not bonded */
  readonly free: bigint
  /** whom withdrawals pay */
  readonly withdrawalAddress: Hex
}

export async function readStake({ contracts, file }: ChainContext, role: Role, account: Hex): Promise<Stake> {
  const registry = file.contracts[REGISTRY[role]]
  const ask = (name: string) => contracts.stakeVault.getFunction(name)(registry, account)
  const [active, [unbonding, releaseAt], free, withdrawalAddress]: [bigint, [bigint, bigint], bigint, string] =
    await Promise.all([ask('activeStake'), ask('unbondingOf'), ask('freeOf'), ask('withdrawalAddressOf')])
  return {
    ...{ active, unbonding, free, withdrawalAddress: hex(withdrawalAddress) },
    releaseAt: unbonding === 0n ? undefined : Number(releaseAt),
  }
}

/** Stake tokens that the account itself holds. */
export const readTokens = ({ contracts }: ChainContext, account: Hex): Promise<bigint> =>
  contracts.stakeToken.getFunction('balanceOf')(account)

export const exitCall = ({ contracts }: ChainContext, role: Role): Call => ownCall(contracts[REGISTRY[role]], 'exit')

/** Pays all that is free, and what is unbonding if it is released. */
export const withdrawCall = ({ contracts, file }: ChainContext, role: Role, account: Hex): Call =>
  ownCall(contracts.stakeVault, 'withdraw', [file.contracts[REGISTRY[role]], account])

/** Bonds all that is free. */
export const topUpCall = ({ contracts }: ChainContext, role: Role): Call => ownCall(contracts[REGISTRY[role]], 'topUp')

/** Lets the vault take so much, and no more. */
export const approveCall = ({ contracts, file }: ChainContext, amount: bigint): Call =>
  ownCall(contracts.stakeToken, 'approve', [file.contracts.stakeVault, amount])

export const depositCall = ({ contracts, file }: ChainContext, role: Role, amount: bigint): Call =>
  ownCall(contracts.stakeVault, 'deposit', [file.contracts[REGISTRY[role]], amount])

export const setCapacityCall = ({ contracts }: ChainContext, capacityKbps: number): Call =>
  ownCall(contracts.verifierRegistry, 'setCapacity', [capacityKbps])

export const setClaimCall = ({ contracts }: ChainContext, claimKbps: number): Call =>
  ownCall(contracts.providerRegistry, 'setClaim', [claimKbps])

/** @returns unix seconds. @param txHash of a `setClaim` that was mined */
export async function claimEffectiveAt({ contracts, provider }: ChainContext, txHash: Hex): Promise<number> {
  const { interface: abi, target } = contracts.providerRegistry
  const receipt = await provider.getTransactionReceipt(txHash)
  const logs = receipt?.logs.filter(({ address }) => hex(address) === hex(target as string)) ?? []
  const event = logs.map(log => abi.parseLog(log)).find(parsed => parsed?.name === 'ClaimChanged')
  if (!event) throw new Error(`transaction ${txHash} changed no claim`)
  return Number(event.args.effectiveAt)
}
