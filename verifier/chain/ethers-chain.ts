/**
 * The `Chain` port over an EVM chain. Keeps no answers but the log, which it checks for a reorganisation at each look, and
 * the tip at the newest block.
 */
import type { DecoyReveal } from '../../proto/decoy.js'
import type { EpochClock } from '../../proto/epoch.js'
import type { Equivocation } from '../../proto/equivocation.js'
import type { Header } from '../../proto/header.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'
import type { MultiProof } from '../../proto/merkle.js'
import type { Reward } from '../../proto/reward.js'
import type { BlockFacts, FrozenVerifier, RegisteredProvider } from '../core/facts.js'
import type {
  Announcement,
  Chain,
  ChainTip,
  PendingTransaction,
  PostedReport,
  Refutation,
  Settlement,
  SignedHeader,
  TxResult,
} from '../core/ports.js'
import type { AnnouncedPeer } from './announcements.js'
import { announceCall, freezeCall, noteBlockCall, postCall, refuteCall, settleCall, startCall } from './calls.js'
import type { ChainHealth } from './chain-health.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { commitDecoyCall, revealDecoyCall } from './decoys.js'
import { collectCall, slashCertificatesCall, slashEquivocationCall } from './equivocation-calls.js'
import { isBlockOfEpoch, peersAnnouncedIn, readClock, readFacts, readFrozenSet } from './facts.js'
import type { KnownEvents } from './known-events.js'
import { readProvider, readVerifier, readWithdrawalAddress } from './registrations.js'
import { readPosted } from './reports.js'
import { claimCall, type RewardsPot, readClaimed, readRewardsPot } from './rewards.js'
import type { RpcCounts } from './rpc-counts.js'
import type { Call, Sender } from './sender.js'
import { readStake, type Stake } from './stake.js'
import { TipReader } from './tip.js'
import type { TransactionCounts } from './transaction-counts.js'

export class EthersChain implements Chain {
  readonly network
  readonly #tip: TipReader

  constructor(
    readonly context: ChainContext,
    /** absent on a connection that only reads */
    readonly sender?: Sender,
  ) {
    this.network = context.network
    this.#tip = new TipReader(context)
  }

  /** The account that pays for this node's transactions. */
  get account(): Hex | undefined {
    return this.sender && hex(this.sender.wallet.address)
  }

  /** Whether the chain answers. */
  get health(): ChainHealth {
    return this.context.provider.health
  }

  /** What was asked of the chain nodes. */
  get rpc(): RpcCounts {
    return this.context.provider.counts
  }

  /** Undefined on a connection that only reads. */
  get transactions(): TransactionCounts | undefined {
    return this.sender?.counts
  }

  /** This node's transactions that wait to be mined. */
  get pending(): PendingTransaction[] {
    return this.sender?.pending ?? []
  }

  clock(): Promise<EpochClock | undefined> {
    return this.#read('the clock', () => readClock(this.context))
  }

  factsAt(epoch: number, signal?: AbortSignal): Promise<BlockFacts | undefined> {
    return readFacts(this.context, epoch, signal)
  }

  isBlockOf(epoch: number, block: Pick<BlockFacts, 'blockNumber' | 'blockHash'>): Promise<boolean> {
    return this.#read(`the block of epoch ${epoch}`, () => isBlockOfEpoch(this.context, epoch, block))
  }

  tip(): Promise<ChainTip> {
    return this.#read('the tip', () => this.#tip.read())
  }

  posted(epoch: number): Promise<PostedReport | undefined> {
    return readPosted(this.context, epoch)
  }

  /** The account's registry index; undefined if it is not a registered verifier. */
  async verifierIndex(account: Hex): Promise<number | undefined> {
    return (await this.#read('a verifier', () => readVerifier(this.context, account)))?.index
  }

  /** The provider as it is registered now; undefined if the account is not a registered provider. */
  provider(account: Hex): Promise<RegisteredProvider | undefined> {
    return this.#read('a provider', () => readProvider(this.context, account))
  }

  /** The address that the vault pays the account's stake to. */
  withdrawalAddress(role: Announcement['role'], account: Hex): Promise<Hex> {
    return this.#read('an address', () => readWithdrawalAddress(this.context, role, account))
  }

  /** All events of the log up to now. */
  events(): Promise<KnownEvents> {
    return this.context.log.known()
  }

  /** The stake of a registered account, as the vault has it now. */
  stake(role: Announcement['role'], account: Hex): Promise<Stake> {
    return this.#read('a stake', () => readStake(this.context, role, account))
  }

  announcements(): Promise<readonly Announcement[]> {
    return this.context.log.announcements()
  }

  announcedIn(epoch: number): Promise<AnnouncedPeer[]> {
    return this.#read('announcements', () => peersAnnouncedIn(this.context, epoch))
  }

  settlements(provider: Hex): Promise<Settlement[]> {
    return this.context.log.settlements(provider)
  }

  /** The set in force in an era. Before its start that is the newest set, and may still change unless it `isSetKnown`. */
  frozenSet(era: number): Promise<FrozenVerifier[]> {
    return this.#read('a set', () => readFrozenSet(this.context, era))
  }

  freezeDue(era: number): Promise<boolean> {
    return this.#read('a set', () => this.context.contracts.verifierRegistry.getFunction('freezeDue')(era))
  }

  isSetKnown(era: number): Promise<boolean> {
    return this.#read('a set', () => this.context.contracts.verifierRegistry.getFunction('isSetKnown')(era))
  }

  isFinal(epoch: number): Promise<boolean> {
    return this.#read('finality', () => this.context.contracts.epochReports.getFunction('isFinal')(epoch))
  }

  /** The newest report whose settlement delay has passed; undefined if there is none. */
  async newestFinal(): Promise<PostedReport | undefined> {
    for (let { epoch } = await this.tip(); epoch > 0; epoch--) {
      if (await this.isFinal(epoch)) return this.posted(epoch)
    }
    return undefined
  }

  isSettled(epoch: number, provider: Hex): Promise<boolean> {
    const { slashingManager } = this.context.contracts
    return this.#read('a settlement', () => slashingManager.getFunction('isSettled')(epoch, provider))
  }

  announce(role: Announcement['role'], peerId: string, multiaddrs: readonly string[]): Promise<TxResult> {
    return this.#send(announceCall(this.context, role, peerId, multiaddrs))
  }

  /** @param signature the aggregate, as the contract reads it: 256 bytes, EIP-2537 G2 */
  post(header: Header, round: number, nonSigners: readonly number[], signature: Uint8Array): Promise<TxResult> {
    return this.#send(postCall(this.context, header, round, nonSigners, signature))
  }

  freeze(era: number): Promise<TxResult> {
    return this.#send(freezeCall(this.context, era))
  }

  settle(header: Header, leaves: readonly Leaf[], proof: MultiProof): Promise<TxResult> {
    return this.#send(settleCall(this.context, header, leaves, proof))
  }

  async chargeOf(header: Header, leaves: readonly Leaf[], proof: MultiProof): Promise<bigint> {
    const { contract, method, args } = settleCall(this.context, header, leaves, proof)
    // The one who settles may get a refund, which the token pays to no zero address.
    const overrides = { from: this.account }
    return this.#read('what a penalty takes', () => contract.getFunction(method).staticCall(...args, overrides))
  }

  refute(refutation: Refutation): Promise<TxResult> {
    return this.#send(refuteCall(this.context, refutation))
  }

  headBlock(): Promise<number> {
    return this.context.provider.getBlockNumber()
  }

  async isNoted(blockNumber: number): Promise<boolean> {
    const { epochReports } = this.context.contracts
    return (await this.#read('a note', () => epochReports.getFunction('notedBlock')(blockNumber))) !== ZERO_HASH
  }

  noteBlock(blockNumber: number): Promise<TxResult> {
    return this.#send(noteBlockCall(this.context, blockNumber))
  }

  rewardsPot(): Promise<RewardsPot> {
    return this.#read('the pot', () => readRewardsPot(this.context))
  }

  /** All that an account has been paid in rewards, in wei. */
  rewardsClaimed(account: Hex): Promise<bigint> {
    return this.#read('a reward', () => readClaimed(this.context, account))
  }

  /** @param proof of the reward, under the rewards root of a final report's header */
  claimRewards(header: Header, reward: Reward, proof: readonly Hex[]): Promise<TxResult> {
    return this.#send(claimCall(this.context, header, reward, proof))
  }

  commitDecoy(commitment: Hex): Promise<TxResult> {
    return this.#send(commitDecoyCall(this.context, commitment))
  }

  revealDecoy(reveal: DecoyReveal): Promise<TxResult> {
    return this.#send(revealDecoyCall(this.context, reveal))
  }

  isProven(era: number, position: number): Promise<boolean> {
    const { equivocationSlasher } = this.context.contracts
    return this.#read('evidence', () => equivocationSlasher.getFunction('isProven')(era, position))
  }

  owedFor(era: number, position: number): Promise<bigint> {
    const { equivocationSlasher } = this.context.contracts
    return this.#read('evidence', () => equivocationSlasher.getFunction('owedFor')(era, position))
  }

  slashEquivocation(evidence: Equivocation, signature: Uint8Array): Promise<TxResult> {
    return this.#send(slashEquivocationCall(this.context, evidence, signature))
  }

  slashCertificates(first: SignedHeader, second: SignedHeader, accused: readonly number[]): Promise<TxResult> {
    return this.#send(slashCertificatesCall(this.context, first, second, accused))
  }

  collect(era: number, position: number): Promise<TxResult> {
    return this.#send(collectCall(this.context, era, position))
  }

  /** Sets genesis and freezes era 1, once for the network. */
  start(): Promise<TxResult> {
    return this.#send(startCall(this.context))
  }

  close(): void {
    this.context.provider.destroy()
  }

  /** Again, if the answer cannot be read. */
  #read<T>(asked: string, read: () => Promise<T>): Promise<T> {
    return this.context.provider.patiently(asked, read)
  }

  async #send(call: Call): Promise<TxResult> {
    return this.sender?.send(call) ?? { kind: 'rejected', reason: 'this connection has no key to sign with' }
  }
}
