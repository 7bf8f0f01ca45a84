/** Deploys the contracts of a network, and checks them, before anybody gets the network file. */
import { Interface, Wallet } from 'ethers'
import { artifact } from '../../contracts/artifacts.js'
import { type DeploymentStart, deploy, startDeployment } from '../../contracts/deploy.js'
import { type DeployConfig, type PlannedContract, planDeployment } from '../../contracts/plan-deployment.js'
import type { Hex } from '../../proto/hex.js'
import type { DeploymentSettings } from '../config/deployment-settings.js'
import { UserError } from '../config/errors.js'
import type { NetworkFile } from '../config/network-file.js'
import { contractsOf, hex } from './contracts.js'
import { checkDeployment } from './deployment-checks.js'
import { marketFees } from './fees.js'
import { revertReason } from './reverts.js'
import type { RpcProvider } from './rpc-provider.js'

export { type DeploymentStart, MissingContractError, NotMinedError } from '../../contracts/deploy.js'

/** What a deployment is about to send. Amounts in wei; ether is whatever the chain's gas is paid in. */
export interface DeploymentPlan {
  readonly chainId: number
  readonly account: Hex
  readonly ether: bigint
  /** the most ether that gas can cost */
  readonly mostEther: bigint
  /** those that are still to be sent */
  readonly contracts: readonly Pick<PlannedContract, 'name' | 'address'>[]
  readonly start: DeploymentStart
}

export interface DeployOptions {
  readonly provider: RpcProvider
  readonly privateKey: string
  readonly settings: DeploymentSettings
  /** of an earlier attempt with the same account and the same settings (default: a new deployment) */
  readonly start?: DeploymentStart | undefined
  /** Hears of the plan before anything is sent. What it throws ends the deployment. */
  readonly confirm?: (plan: DeploymentPlan) => Promise<void>
}

/** @throws UserError 'configuration' before anything is sent; what `deploy` throws afterwards */
export async function deployNetwork(options: DeployOptions): Promise<NetworkFile> {
  const { provider, settings } = options
  const wallet = new Wallet(options.privateKey, provider)
  const config = configOf(settings)
  const start = options.start ?? (await startDeployment(wallet))
  if (options.confirm !== undefined) await options.confirm(await planOf(wallet, provider, config, start))
  const network = { name: settings.name, ...(await deploy(wallet, config, start)), params: settings.params }
  await checkDeployment(contractsOf(network, provider), network)
  return network
}

function configOf({ stakePerMbps, ...settings }: DeploymentSettings): DeployConfig {
  return { ...settings, weiPerMbps: stakePerMbps }
}

async function planOf(
  wallet: Wallet,
  provider: RpcProvider,
  config: DeployConfig,
  start: DeploymentStart,
): Promise<DeploymentPlan> {
  const account = hex(wallet.address)
  const [ether, freeNonce, fees] = await Promise.all([
    provider.getBalance(account),
    provider.getTransactionCount(account, 'pending'),
    provider.getFeeData(),
  ])
  if (freeNonce < start.firstNonce) {
    throw new UserError(
      'configuration',
      `The deployment began with transaction ${start.firstNonce} of ${account}, but chain ${provider.chainId} knows of only ${freeNonce}: it is another chain, or has lost its blocks. Remove the record of the deployment, then deploy again.`,
    )
  }
  const { transactions } = planDeployment(account, start.firstNonce, config)
  const toSend = transactions.filter(({ nonce }) => nonce >= freeNonce)
  if (config.token !== undefined) await requireToken(provider, config.token, account, transactions[0]!)
  const gas = toSend.reduce((sum, { gasLimit }) => sum + BigInt(gasLimit), 0n)
  const mostEther = gas * marketFees(fees).maxFeePerGas
  return { chainId: provider.chainId, account, ether, mostEther, contracts: toSend, start }
}

const DECIMALS = 18n
const ERC20 = new Interface(['function decimals() view returns (uint8)'])

/** The vault's constructor looks at the token, so it is tried before anything is sent. */
async function requireToken(
  provider: RpcProvider,
  token: Hex,
  account: Hex,
  vault: Pick<PlannedContract, 'data'>,
): Promise<void> {
  const answer = await provider.call({ to: token, data: ERC20.encodeFunctionData('decimals') }).catch(() => '0x')
  if (answer === '0x' || BigInt(answer) !== DECIMALS) {
    throw new UserError(
      'configuration',
      `token ${token} is no ERC-20 of ${DECIMALS} decimals on chain ${provider.chainId}. Name another one, or leave it out for a new token.`,
    )
  }
  try {
    await provider.estimateGas({ from: account, data: vault.data })
  } catch (cause) {
    const reason = revertReason(cause, new Interface(artifact('StakeVault').abi as []))
    if (reason === undefined) throw cause
    throw new UserError(
      'configuration',
      `The vault refuses token ${token}: ${reason}. Name another one, or leave it out for a new token.`,
      { cause },
    )
  }
}
