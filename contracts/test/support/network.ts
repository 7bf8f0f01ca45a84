/** A deployed network for tests. Epochs last an hour, as on a real network. */
import { JsonRpcSigner, ZeroAddress } from 'ethers'
import { headerHash, type NetworkId, proofOfPossessionDigest, reportDigest } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import type { Header } from '../../../proto/header.js'
import { fromHex, type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeaf, type Leaf } from '../../../proto/leaf.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { DEVNET, type NetworkParams } from '../../../proto/params.js'
import { type DeployConfig, deploy } from '../../deploy.js'
import { aggregate, encodeG2, keyOf, sign, type TestKey } from './bls.js'
import { Bound, type Evm, type Receipt, theChain } from './evm.js'

export const HOUR = 3600
export const DAY = 24 * HOUR
export const WEEK = 7 * DAY
export const TOKEN = 10n ** 18n

export const PARAMS: NetworkParams = {
  ...DEVNET,
  epochSeconds: HOUR,
  eraEpochs: 24,
  settlementSeconds: DAY,
  evidenceSeconds: 7 * DAY,
  unbondingSeconds: 14 * DAY,
  claimDelaySeconds: DAY,
}
export const VERIFIER_BOND = 1000n * TOKEN
export const MINIMUM_STAKE = 500n * TOKEN
export const SETTLE_REFUND = TOKEN / 100n
export const NETWORK_WEEKLY_BPS = 1000
export const THAW = 24 * HOUR
/** So the minimum stake suffices for 500 Mbit/s. */
export const WEI_PER_MBPS = 10n ** 18n
export const START_DELAY = 600
export const MINIMUM_VERIFIERS = 4
/** Genesis accounts: as many as a set can hold. The accounts after them can register only after the start. */
const GENESIS_ACCOUNTS = 191

export interface TestVerifier {
  readonly account: Hex
  readonly key: TestKey
}

export interface Certificate {
  readonly header: Header
  readonly round: number
  readonly nonSigners: readonly number[]
  readonly signature: Hex
}

export class TestNetwork {
  readonly verifiers: TestVerifier[] = []
  genesis = 0
  /** the headers that `report` posted, by epoch */
  readonly headers = new Map<number, Header>()
  #nextAccount = 1

  private constructor(
    readonly params: NetworkParams,
    readonly evm: Evm,
    readonly id: NetworkId,
    readonly token: Bound,
    readonly vault: Bound,
    readonly registry: Bound,
    readonly providers: Bound,
    readonly reports: Bound,
    readonly slashing: Bound,
    readonly rewards: Bound,
    readonly decoys: Bound,
    readonly equivocation: Bound,
    readonly offers: Bound,
    readonly escrow: Bound,
  ) {}

  static async create(params: NetworkParams = PARAMS, change: Partial<DeployConfig> = {}): Promise<TestNetwork> {
    const evm = await theChain()
    const signer = new JsonRpcSigner(evm.provider, evm.accounts[0]!)
    const { chainId, contracts } = await deploy(signer, {
      params,
      minimumVerifiers: MINIMUM_VERIFIERS,
      genesisVerifiers: evm.accounts.slice(1, 1 + GENESIS_ACCOUNTS),
      startDelaySeconds: START_DELAY,
      verifierBond: VERIFIER_BOND,
      minimumProviderStake: MINIMUM_STAKE,
      weiPerMbps: WEI_PER_MBPS,
      settleRefund: SETTLE_REFUND,
      networkWeeklyBps: NETWORK_WEEKLY_BPS,
      thawSeconds: THAW,
      laneSlotSeconds: 300,
      laneGraceSeconds: HOUR,
      ...change,
    })
    return new TestNetwork(
      params,
      evm,
      { chainId, contract: contracts.epochReports },
      new Bound(evm, contracts.stakeToken, 'StakeToken'),
      new Bound(evm, contracts.stakeVault, 'StakeVault'),
      new Bound(evm, contracts.verifierRegistry, 'VerifierRegistry'),
      new Bound(evm, contracts.providerRegistry, 'ProviderRegistry'),
      new Bound(evm, contracts.epochReports, 'EpochReports'),
      new Bound(evm, contracts.slashingManager, 'SlashingManager'),
      new Bound(evm, contracts.rewardsDistributor, 'RewardsDistributor'),
      new Bound(evm, contracts.decoys, 'Decoys'),
      new Bound(evm, contracts.equivocationSlasher, 'EquivocationSlasher'),
      new Bound(evm, contracts.offers, 'Offers'),
      new Bound(evm, contracts.transferEscrow, 'TransferEscrow'),
    )
  }

  /** A network that has started, with its verifiers frozen for era 1. */
  static async running(
    verifiers = MINIMUM_VERIFIERS,
    params = PARAMS,
    change: Partial<DeployConfig> = {},
  ): Promise<TestNetwork> {
    const network = await TestNetwork.create(params, change)
    for (let i = 0; i < verifiers; i++) await network.addVerifier()
    await network.start()
    return network
  }

  /** The account that deployed the contracts and holds all tokens that no other account has. */
  get deployer(): Hex {
    return this.evm.accounts[0]!
  }

  newAccount(): Hex {
    const account = this.evm.accounts[this.#nextAccount++]
    if (!account) throw new Error('The test chain has no more accounts. Raise ACCOUNTS in support/evm.ts.')
    return account
  }

  /** @returns a function that takes the chain and this object back to their present state */
  async checkpoint(): Promise<() => Promise<void>> {
    const id = await this.evm.snapshot()
    const { genesis } = this
    const [verifiers, nextAccount] = [this.verifiers.length, this.#nextAccount]
    return async () => {
      await this.evm.revert(id)
      this.genesis = genesis
      this.verifiers.length = verifiers
      this.#nextAccount = nextAccount
    }
  }

  // ---- stakes ----

  async fund(account: Hex, amount: bigint): Promise<void> {
    await this.token.send(this.deployer, 'transfer', account, amount)
    await this.token.send(account, 'approve', this.vault.address, amount)
  }

  async deposit(role: Bound, account: Hex, amount: bigint): Promise<void> {
    await this.fund(account, amount)
    await this.vault.send(account, 'deposit', role.address, amount)
  }

  // ---- registration ----

  proofOf(key: TestKey, account: Hex, registry = this.registry.address, chainId = this.id.chainId): Hex {
    const digest = proofOfPossessionDigest(chainId, registry, account, fromHex(key.publicKey))
    return encodeG2(sign(key, digest))
  }

  /** A key that no other account of this network has. */
  keyFor(account: Hex): TestKey {
    return keyOf(`${this.registry.address} verifier ${account}`)
  }

  register(account: Hex, key: TestKey, proof = this.proofOf(key, account)): Promise<Receipt> {
    return this.registry.send(account, 'register', key.publicKey, proof, 100_000, ZeroAddress)
  }

  async addVerifier(key?: TestKey, bond = VERIFIER_BOND): Promise<TestVerifier & { receipt: Receipt }> {
    const account = this.newAccount()
    const own = key ?? this.keyFor(account)
    await this.deposit(this.registry, account, bond)
    const receipt = await this.register(account, own)
    const verifier = { account, key: own }
    this.verifiers.push(verifier)
    return { ...verifier, receipt }
  }

  async addProvider(stake = MINIMUM_STAKE, claimKbps = 25_000): Promise<Hex> {
    const account = this.newAccount()
    await this.deposit(this.providers, account, stake)
    await this.providers.send(account, 'register', claimKbps, ZERO_HASH, keccakText(account), ZeroAddress)
    return account
  }

  async start(): Promise<Receipt> {
    const receipt = await this.registry.send(this.deployer, 'start')
    this.genesis = Number(await this.registry.read('genesis'))
    return receipt
  }

  // ---- time ----

  startOf(epoch: number): number {
    return this.genesis + (epoch - 1) * this.params.epochSeconds
  }

  /** Moves to the middle of an epoch. */
  async enter(epoch: number): Promise<void> {
    const middle = this.startOf(epoch) + this.params.epochSeconds / 2
    // A test that has entered the epoch before may have taken seconds since.
    if ((await this.evm.now()) < middle) await this.evm.at(middle)
  }

  // ---- reports ----

  /** A header that the contract accepts once `epoch` is over and enough verifiers sign. */
  async header(epoch: number, change: Partial<Header> = {}): Promise<Header> {
    const block = await this.evm.block()
    return {
      era: Math.floor((epoch - 1) / this.params.eraEpochs) + 1,
      epoch,
      blockNumber: block.number,
      blockHash: block.hash,
      previousHeader: await this.reports.read<Hex>('lastHeaderHash'),
      scoreRoot: keccakText('score root'),
      ballotSetRoot: keccakText('ballot set'),
      rewardsRoot: keccakText('rewards root'),
      providerCount: 1,
      commonFailure: false,
      ...change,
    }
  }

  /** A certificate by all verifiers except those at `nonSigners`. */
  certify(header: Header, { round = 0, nonSigners = [] as readonly number[], id = this.id } = {}): Certificate {
    const digest = reportDigest(id, header, round, headerHash(id, header))
    const signers = this.verifiers.filter((_, position) => !nonSigners.includes(position))
    return { header, round, nonSigners, signature: aggregate(signers.map(({ key }) => sign(key, digest))) }
  }

  post({ header, round, nonSigners, signature }: Certificate, from = this.deployer): Promise<Receipt> {
    return this.reports.send(from, 'post', header, round, nonSigners, signature)
  }

  /** Enters the next epoch and posts the report. */
  async report(epoch: number, change: Partial<Header> = {}): Promise<Receipt> {
    await this.enter(epoch + 1)
    const header = await this.header(epoch, change)
    this.headers.set(epoch, header)
    return this.post(this.certify(header))
  }

  // ---- settlements ----

  /** Posts the report of an epoch with these leaves. */
  async reportLeaves(epoch: number, leaves: readonly Leaf[]): Promise<MerkleTree> {
    const tree = new MerkleTree(leaves.map(encodeLeaf))
    await this.report(epoch, { scoreRoot: tree.root })
    return tree
  }

  /** @param header (default: that of the leaf's epoch) */
  settle(
    leaf: Leaf,
    proof: readonly Hex[],
    from = this.deployer,
    header = this.headers.get(leaf.epoch)!,
  ): Promise<Receipt> {
    return this.slashing.send(from, 'settle', header, leaf, proof)
  }

  /** Settles some of the leaves under a tree, all of one epoch. @param indices the places of the leaves in the tree */
  settleBatch(
    leaves: readonly Leaf[],
    tree: MerkleTree,
    indices: readonly number[],
    from = this.deployer,
  ): Promise<Receipt> {
    const { order, proof, flags } = tree.multiProof(indices)
    const ordered = order.map(i => leaves[i]!)
    return this.slashing.send(from, 'settleBatch', this.headers.get(ordered[0]!.epoch), ordered, proof, flags)
  }
}

/** Gives each test of a suite the same network. The chain goes back after each test and after the suite. */
export function networkForEach(create: () => Promise<TestNetwork>): () => TestNetwork {
  let network: TestNetwork
  let restore: () => Promise<void>
  let beforeAll: string
  before(async () => {
    beforeAll = await (await theChain()).snapshot()
    network = await create()
  })
  beforeEach(async () => {
    restore = await network.checkpoint()
  })
  afterEach(() => restore())
  after(async () => {
    await network.evm.revert(beforeAll)
  })
  return () => network
}

export const leafOf = (epoch: number, provider: Hex, penaltyBps: number): Leaf => ({
  epoch,
  index: 1,
  provider,
  status: 1,
  uptimeBps: 9000,
  rateKbps: 2500,
  claimKbps: 25_000,
  scoreBps: 900,
  tier: 1,
  throughputQ32: 429_496_729,
  throughputSumQ32: 429_496_729,
  throughputWeightQ32: 4_294_967_296,
  ticksUpQ16: 65_536,
  ticksTotalQ16: 131_072,
  pathlessQ2: 7,
  soakVotes: keccakText('soakVotes'),
  windowVotes: keccakText('windowVotes'),
  link: keccakText('link'),
  breachBits: 7,
  breachPenaltyBps: 900,
  assignedRoot: keccakText('assigned'),
  penaltyBps,
})
