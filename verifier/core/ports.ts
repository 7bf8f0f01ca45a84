/** What the node's logic needs of the chain; `verifier/chain` implements the port. */
import type { NetworkId } from '../../proto/digests.js'
import type { EpochClock } from '../../proto/epoch.js'
import type { Equivocation } from '../../proto/equivocation.js'
import type { Header } from '../../proto/header.js'
import type { Hex } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'
import type { MultiProof } from '../../proto/merkle.js'
import type { Vote } from '../../proto/vote.js'
import type { BlockFacts, FrozenVerifier } from './facts.js'

/** A header with its certificate. */
export interface SignedHeader {
  readonly header: Header
  readonly round: number
  /** positions in the frozen set */
  readonly nonSigners: readonly number[]
  /** aggregate, 256 bytes, EIP-2537 G2 */
  readonly signature: Uint8Array
}

/** A report that the chain has accepted. */
export interface PostedReport {
  readonly header: Header
  readonly headerHash: Hex
  readonly round: number
  /** positions in the frozen set, ascending */
  readonly nonSigners: readonly number[]
  readonly txHash: Hex
  readonly blockNumber: number
  readonly gasUsed: number
}

/**
 * The address that a registered node has announced. Peer id and multiaddrs hold what the node wrote: printable ASCII of
 * bounded length (`announcementFault`), but perhaps no address.
 */
export interface Announcement {
  readonly role: 'verifier' | 'provider'
  readonly index: number
  readonly account: Hex
  readonly peerId: string
  readonly multiaddrs: readonly string[]
  /** see `splitAnnounced`: the first that the account ever announced in this role; absent if it has announced none */
  readonly tokenKey?: Hex
  /** origin of the HTTP API that a verifier offers to everybody; absent if it offers none */
  readonly publicApi?: string
}

export interface Settlement {
  readonly epoch: number
  readonly provider: Hex
  /** wei; 0 for a penalty that was refuted */
  readonly charged: bigint
  readonly refuted: boolean
  readonly txHash: Hex
}

/** The result of one transaction. `already` means that another node was first, which is no failure. */
export type TxResult =
  | { readonly kind: 'done'; readonly txHash: Hex; readonly gasUsed: number }
  | { readonly kind: 'already' }
  | { readonly kind: 'rejected'; readonly reason: string }

/** A transaction that waits to be mined. */
export interface PendingTransaction {
  /** for a person */
  readonly what: string
  readonly nonce: number
  /** of the form that was sent last */
  readonly txHash: Hex
  readonly seconds: number
  /** how often its fee was raised */
  readonly raises: number
}

/** A vote, with the ways to the roots that a report certifies. */
export interface OpenedVote {
  /** place of the header of the vote's epoch in `Refutation.headers` */
  readonly header: number
  readonly vote: Vote
  readonly ballotProof: readonly Hex[]
  readonly setProof: readonly Hex[]
  readonly assignedProof: readonly Hex[]
}

/** The arguments of the contract's `refute`, in its order. */
export interface Refutation {
  /** of the leaf's report, then of the other reports of its window */
  readonly headers: readonly Header[]
  readonly leaf: Leaf
  readonly proof: readonly Hex[]
  /** epoch of the report before; 0 if there is none */
  readonly previousEpoch: number
  /** n */
  readonly assigned: number
  /** ascending by receiver; none if the leaf's window cannot have brought a penalty at all */
  readonly votes: readonly OpenedVote[]
}

/** Epoch and header hash of the last accepted report: 0 and the zero hash before the first. */
export interface ChainTip {
  readonly epoch: number
  readonly headerHash: Hex
  /** time of the block at which this holds, in milliseconds of Unix time */
  readonly blockMs: number
}

export interface Chain {
  readonly network: NetworkId
  /** Undefined before `start`. */
  clock(): Promise<EpochClock | undefined>
  /**
   * Facts at B(e); undefined until a block at or after the epoch's start exists. That block fixes B(e).
   * @param signal ends the wait for a chain node that does not answer
   */
  factsAt(epoch: number, signal?: AbortSignal): Promise<BlockFacts | undefined>
  /** Whether this block is B(e) still: a reorganisation may have replaced it. Asks the chain node three times, `factsAt` some fifty. */
  isBlockOf(epoch: number, block: Pick<BlockFacts, 'blockNumber' | 'blockHash'>): Promise<boolean>
  tip(): Promise<ChainTip>
  /** The accepted report of an epoch, from its `Posted` event. */
  posted(epoch: number): Promise<PostedReport | undefined>
  /** The newest announcement of every registered node: the same object as long as it is the newest. */
  announcements(): Promise<readonly Announcement[]>
  announce(role: 'verifier' | 'provider', peerId: string, multiaddrs: readonly string[]): Promise<TxResult>
  post(header: Header, round: number, nonSigners: readonly number[], signature: Uint8Array): Promise<TxResult>
  freeze(era: number): Promise<TxResult>
  /** Whether a freeze of this era is possible now, and would change the set. */
  freezeDue(era: number): Promise<boolean>
  frozenSet(era: number): Promise<FrozenVerifier[]>
  /** Whether the set of an era is known: frozen, or as things stand the last one continues. */
  isSetKnown(era: number): Promise<boolean>
  isFinal(epoch: number): Promise<boolean>
  /** Whether a penalty is settled or refuted. */
  isSettled(epoch: number, provider: Hex): Promise<boolean>
  /** Whether the chain knows that the verifier at a position of an era's set equivocated in the era. */
  isProven(era: number, position: number): Promise<boolean>
  /** What that verifier must still lose by the evidence so far, in wei. */
  owedFor(era: number, position: number): Promise<bigint>
  /** @param signature the sum of both signatures: 256 bytes, EIP-2537 G2 */
  slashEquivocation(evidence: Equivocation, signature: Uint8Array): Promise<TxResult>
  /** @param accused positions of those who signed both */
  slashCertificates(first: SignedHeader, second: SignedHeader, accused: readonly number[]): Promise<TxResult>
  collect(era: number, position: number): Promise<TxResult>
  /** Settles the leaves of one report together. @param leaves in the order of the proof */
  settle(header: Header, leaves: readonly Leaf[], proof: MultiProof): Promise<TxResult>
  /** What `settle` would take now, wei: nothing if the limits of the week are reached. */
  chargeOf(header: Header, leaves: readonly Leaf[], proof: MultiProof): Promise<bigint>
  refute(refutation: Refutation): Promise<TxResult>
  /** The number of the newest block. */
  headBlock(): Promise<number>
  /** Whether the contract keeps the hash of a block, so that a report can name the block however old it is. */
  isNoted(blockNumber: number): Promise<boolean>
  noteBlock(blockNumber: number): Promise<TxResult>
  /** Every penalty of a provider that was taken or refuted. */
  settlements(provider: Hex): Promise<Settlement[]>
  close(): void
}
