/** How an account becomes a verifier or a provider: it approves and deposits its stake, then registers. */
import { type Contract, type FeeData, type TransactionReceipt, ZeroAddress } from 'ethers'
import { keccakText } from '../../proto/hash.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { UserError } from '../config/errors.js'
import type { ChainContext } from './context.js'
import { type Contracts, hex } from './contracts.js'
import { marketFees } from './fees.js'
import { revertReason } from './reverts.js'
import type { PlannedTransaction, Sender } from './sender.js'

/** Gas limits, well above what the calls take: no estimate is possible before the earlier transactions are mined. */
const APPROVE_GAS = 100_000n
const DEPOSIT_GAS = 400_000n
const REGISTER_PROVIDER_GAS = 600_000n
/** Includes the pairing check of the proof of possession. */
const REGISTER_VERIFIER_GAS = 1_500_000n

/** What a registration is about to send. In wei; ether is whatever the chain's gas is paid in. */
export interface JoinPlan {
  readonly account: Hex
  readonly stake: bigint
  /** deposited already, and not bonded */
  readonly deposited: bigint
  /** stake tokens of the account */
  readonly tokens: bigint
  /** stake tokens that the vault may take from the account as things stand */
  readonly allowance: bigint
  readonly ether: bigint
  /** the most ether that gas can cost */
  readonly mostEther: bigint
  /** names of the transactions, in their order */
  readonly transactions: readonly string[]
}

interface Application {
  /** Hears of the plan before anything is sent. What it throws ends the registration. */
  readonly confirm?: ((plan: JoinPlan) => Promise<void>) | undefined
  /** The address that the vault pays the stake to one day (default: the account itself). Nobody else can change it. */
  readonly withdrawalAddress?: Hex | undefined
}

export interface VerifierApplication extends Application {
  /** 128 bytes, EIP-2537 G1 */
  readonly blsKey: Uint8Array
  /** 256 bytes, EIP-2537 G2, over `proofOfPossessionDigest` */
  readonly proofOfPossession: Uint8Array
  readonly capacityKbps: number
}

export interface ProviderApplication extends Application {
  readonly stake: bigint
  readonly claimKbps: number
  readonly region: Hex
  readonly peerId: string
}

/** The sender's account must hold the verifiers' bond in stake tokens. @returns its registry index */
export async function joinAsVerifier(sender: Sender, application: VerifierApplication): Promise<number> {
  const { contracts } = sender.context
  const registry = contracts.verifierRegistry
  const bond: bigint = await registry.getFunction('verifierBond')()
  const { blsKey, proofOfPossession, capacityKbps, withdrawalAddress } = application
  const register = registry.interface.encodeFunctionData('register', [
    toHex(blsKey),
    toHex(proofOfPossession),
    capacityKbps,
    withdrawalAddress ?? ZeroAddress,
  ])
  await refuseBeforeStart(sender, register)
  return join(sender, { registry, stake: bond, register, gasLimit: REGISTER_VERIFIER_GAS }, application.confirm)
}

/** Looks before anything is deposited: the stake of an account that cannot register yet would lie idle in the vault. */
async function refuseBeforeStart({ context, wallet }: Sender, register: string): Promise<void> {
  const { provider, contracts } = context
  const call = { from: wallet.address, to: contracts.verifierRegistry.target, data: register }
  const reason = await provider.call(call).then(
    () => undefined,
    error => revertReason(error, contracts.verifierRegistry.interface),
  )
  if (!reason?.startsWith('NotGenesisVerifier')) return
  throw new UserError(
    'configuration',
    `The network has not started, and ${hex(wallet.address)} is not among the verifiers that it starts with. Register once it has started.`,
  )
}

/** The sender's account must hold the stake in stake tokens. @returns its registry index */
export async function joinAsProvider(sender: Sender, application: ProviderApplication): Promise<number> {
  const registry = sender.context.contracts.providerRegistry
  const { stake, claimKbps, region, peerId, withdrawalAddress } = application
  const register = registry.interface.encodeFunctionData('register', [
    claimKbps,
    region,
    keccakText(peerId),
    withdrawalAddress ?? ZeroAddress,
  ])
  return join(sender, { registry, stake, register, gasLimit: REGISTER_PROVIDER_GAS }, application.confirm)
}

/** The least stake with which a provider can make a claim, in wei. */
export async function leastStake({ contracts }: ChainContext, claimKbps: number): Promise<bigint> {
  const [minimum, weiPerMbps]: bigint[] = await Promise.all(
    ['minimumStake', 'weiPerMbps'].map(name => contracts.providerRegistry.getFunction(name)()),
  )
  const needed = (BigInt(claimKbps) * weiPerMbps! + 999n) / 1_000n
  return needed > minimum! ? needed : minimum!
}

interface Joining {
  readonly registry: Contract
  readonly stake: bigint
  /** calldata */
  readonly register: string
  readonly gasLimit: bigint
}

/** A deposit that an earlier attempt left in the vault counts. */
async function join(
  sender: Sender,
  { registry, stake, register, gasLimit }: Joining,
  confirm: Application['confirm'],
): Promise<number> {
  const role = registry.target as string
  const { contracts, file } = sender.context
  const account = sender.wallet.address
  const free: bigint = await contracts.stakeVault.getFunction('freeOf')(role, account)
  const missing = stake > free ? stake - free : 0n
  const held: bigint = await contracts.stakeToken.getFunction('balanceOf')(account)
  if (held < missing) {
    throw new UserError(
      'configuration',
      `${hex(account)} holds ${held} wei of the stake token ${file.contracts.stakeToken}, and the registration needs ${missing}. Send the account tokens, then register again.`,
    )
  }
  const transactions = [
    ...(missing > 0n ? depositTransactions(contracts, file.contracts.stakeVault, role, missing) : []),
    { label: 'registration', to: role, data: register, gasLimit },
  ]
  await confirm?.({
    ...{ account: hex(account), stake, deposited: free, tokens: held },
    ...(await costsOf(sender, transactions)),
    transactions: transactions.map(({ label }) => label),
  })
  const receipts = await sender.sendAll(transactions)
  return registeredIndex(registry, receipts.at(-1)!)
}

async function costsOf({ context, wallet }: Sender, transactions: readonly PlannedTransaction[]) {
  const { provider, contracts, file } = context
  const [ether, allowance, fees]: [bigint, bigint, FeeData] = await Promise.all([
    provider.getBalance(wallet.address),
    contracts.stakeToken.getFunction('allowance')(wallet.address, file.contracts.stakeVault),
    provider.getFeeData(),
  ])
  const gas = transactions.reduce((sum, { gasLimit }) => sum + gasLimit, 0n)
  return { ether, allowance, mostEther: gas * marketFees(fees).maxFeePerGas }
}

function depositTransactions(contracts: Contracts, vault: string, role: string, stake: bigint): PlannedTransaction[] {
  const { stakeToken, stakeVault } = contracts
  return [
    {
      label: 'approval of the stake',
      to: stakeToken.target as string,
      data: stakeToken.interface.encodeFunctionData('approve', [vault, stake]),
      gasLimit: APPROVE_GAS,
    },
    {
      label: 'deposit of the stake',
      to: vault,
      data: stakeVault.interface.encodeFunctionData('deposit', [role, stake]),
      gasLimit: DEPOSIT_GAS,
    },
  ]
}

function registeredIndex(registry: Contract, receipt: TransactionReceipt): number {
  for (const log of receipt.logs) {
    if (hex(log.address) !== hex(registry.target as string)) continue
    const event = registry.interface.parseLog(log)
    if (event?.name === 'Registered') return Number(event.args.index)
  }
  throw new Error('the registry accepted the registration, but emitted no event')
}
