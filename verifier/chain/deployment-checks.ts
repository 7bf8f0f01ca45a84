/**
 * Compares the deployed contracts with the network file. A node that runs on another clock, or counts another vault's
 * stakes, would sign what no other node signs.
 */
import { isError, ZeroAddress } from 'ethers'
import { ZERO_HASH } from '../../proto/hex.js'
import { paramsHash } from '../../proto/params-hash.js'
import { UserError } from '../config/errors.js'
import type { ContractName, NetworkFile } from '../config/network-file.js'
import { type Contracts, hex } from './contracts.js'

type Expected = (file: NetworkFile) => number | string

const param =
  (name: keyof NetworkFile['params']): Expected =>
  ({ params }) =>
    params[name]
const address =
  (name: ContractName): Expected =>
  ({ contracts }) =>
    contracts[name]

/** `offerOf` for an account that can offer nothing: whoever answers so has the form of an offer. */
const NO_OFFER = [0, 0, 0, 0, ZERO_HASH, ZERO_HASH].join()

/**
 * Each row: a contract, one of its getters, what the network file says, and the getter's arguments. A refusal names the
 * first row that differs.
 */
const CHECKS: readonly (readonly [ContractName, string, Expected, ...(readonly string[])])[] = [
  ['epochReports', 'parametersHash', ({ params }) => paramsHash(params)],
  ['verifierRegistry', 'epochSeconds', param('epochSeconds')],
  ['verifierRegistry', 'eraEpochs', param('eraEpochs')],
  ['epochReports', 'settlementSeconds', param('settlementSeconds')],
  ['epochReports', 'registry', address('verifierRegistry')],
  ['verifierRegistry', 'vault', address('stakeVault')],
  ['verifierRegistry', 'reports', address('epochReports')],
  ['providerRegistry', 'vault', address('stakeVault')],
  ['providerRegistry', 'verifiers', address('verifierRegistry')],
  ['providerRegistry', 'claimDelaySeconds', param('claimDelaySeconds')],
  ['providerRegistry', 'minimumClaimKbps', param('minClaimKbps')],
  ['stakeVault', 'token', address('stakeToken')],
  ['stakeVault', 'providerRegistry', address('providerRegistry')],
  ['stakeVault', 'verifierRegistry', address('verifierRegistry')],
  ['stakeVault', 'slashingManager', address('slashingManager')],
  ['stakeVault', 'unbondingSeconds', param('unbondingSeconds')],
  ['slashingManager', 'vault', address('stakeVault')],
  ['slashingManager', 'reports', address('epochReports')],
  ['slashingManager', 'registry', address('verifierRegistry')],
  ['slashingManager', 'providers', address('providerRegistry')],
  ['stakeVault', 'equivocationSlasher', address('equivocationSlasher')],
  ['verifierRegistry', 'equivocationSlasher', address('equivocationSlasher')],
  ['equivocationSlasher', 'vault', address('stakeVault')],
  ['equivocationSlasher', 'reports', address('epochReports')],
  ['equivocationSlasher', 'registry', address('verifierRegistry')],
  ['equivocationSlasher', 'evidenceSeconds', param('evidenceSeconds')],
  ['rewardsDistributor', 'token', address('stakeToken')],
  ['rewardsDistributor', 'reports', address('epochReports')],
  ['decoys', 'providers', address('providerRegistry')],
  ['decoys', 'clock', address('verifierRegistry')],
  ['decoys', 'reports', address('epochReports')],
  ['offers', 'offerOf', () => NO_OFFER, ZeroAddress],
  ['transferEscrow', 'token', address('stakeToken')],
  ['transferEscrow', 'prices', address('offers')],
  ['transferEscrow', 'reports', address('epochReports')],
  ['lanes', 'token', address('stakeToken')],
  ['lanes', 'offers', address('offers')],
]

/** @throws UserError 'configuration' in one line; the error of the connection if the chain does not answer */
export async function checkDeployment(contracts: Contracts, file: NetworkFile): Promise<void> {
  const given = await Promise.all(
    CHECKS.map(([contract, getter, , ...args]) => read(contracts, file, contract, getter, args)),
  )
  CHECKS.forEach(([contract, getter, expected], i) => {
    const wanted = String(expected(file))
    if (given[i] === wanted) return
    throw refusal(
      file,
      getter === 'parametersHash'
        ? 'the parameters in the network file are not those of its contracts'
        : `${getter} of ${contract} is ${given[i]}, but the network file says ${wanted}`,
    )
  })
}

async function read(
  contracts: Contracts,
  file: NetworkFile,
  contract: ContractName,
  getter: string,
  args: readonly string[],
): Promise<string> {
  try {
    return hex(String(await contracts[contract].getFunction(getter)(...args)))
  } catch (cause) {
    if (!isError(cause, 'BAD_DATA') && !isError(cause, 'CALL_EXCEPTION')) throw cause
    throw refusal(file, `there is no ${contract} at ${file.contracts[contract]}`, cause)
  }
}

const refusal = ({ name, chainId }: NetworkFile, difference: string, cause?: unknown): UserError =>
  new UserError(
    'configuration',
    `Chain ${chainId} does not hold network "${name}" as its file says: ${difference}. Get the network file again from the operator of the network, change nothing in it, and pass it with --network.`,
    { cause },
  )
