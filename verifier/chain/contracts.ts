/** The deployed contracts as ethers objects, and the way from their values to records of `proto`. */
import { Contract, type ContractRunner, Interface } from 'ethers'
import { artifact } from '../../contracts/artifacts.js'
import type { AbiFields, AbiRecord, AbiType } from '../../proto/abi.js'
import type { Hex } from '../../proto/hex.js'
import type { ContractName, NetworkFile } from '../config/network-file.js'

export type Contracts = Readonly<Record<ContractName, Contract>>

const ARTIFACT: Readonly<Record<ContractName, string>> = {
  stakeToken: 'StakeToken',
  stakeVault: 'StakeVault',
  verifierRegistry: 'VerifierRegistry',
  providerRegistry: 'ProviderRegistry',
  epochReports: 'EpochReports',
  slashingManager: 'SlashingManager',
  rewardsDistributor: 'RewardsDistributor',
  decoys: 'Decoys',
  equivocationSlasher: 'EquivocationSlasher',
  offers: 'Offers',
  transferEscrow: 'TransferEscrow',
  lanes: 'Lanes',
}

const NAMES = Object.keys(ARTIFACT) as ContractName[]

/** @param runner null for contracts that are never called */
export function contractsOf(network: NetworkFile, runner: ContractRunner | null): Contracts {
  const entries = NAMES.map(name => [
    name,
    new Contract(network.contracts[name], artifact(ARTIFACT[name]).abi as [], runner),
  ])
  return Object.fromEntries(entries) as Contracts
}

/** Every custom error of every contract, because a call may fail in a contract that another contract calls. */
export function allErrors(contracts: Contracts): Interface {
  const errors = new Map<string, string>()
  for (const name of NAMES) {
    contracts[name].interface.forEachError(error => errors.set(error.selector, error.format('full')))
  }
  return new Interface([...errors.values()])
}

/** The spelling of addresses in records: lower case. (ethers returns addresses in mixed case, with a checksum.) */
export const hex = (text: string): Hex => text.toLowerCase() as Hex

/** A struct from a call or an event, as the record with the same fields. */
export function recordFrom<F extends AbiFields>(fields: F, result: Record<string, unknown>): AbiRecord<F> {
  return Object.fromEntries(fields.map(([name, type]) => [name, fromAbi(type, result[name])])) as AbiRecord<F>
}

function fromAbi(type: AbiType, value: unknown): unknown {
  if (type === 'bool' || type === 'uint256') return value
  return type === 'address' || type === 'bytes32' ? hex(value as string) : Number(value)
}
