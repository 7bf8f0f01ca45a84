/** What the node's logic needs of the chain; `verifier/chain` implements the port. */
import type { NetworkId } from '../../proto/digests.js'
import type { EpochClock } from '../../proto/epoch.js'
import type { Equivocation } from '../../proto/equivocation.js'
import type { Header } from '../../proto/header.js'
import type { Hex } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'
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
 * The address that a registered node has announced. Peer id and multiaddrs may hold anything that the node wrote. A text
 * that is no UTF-8 is empty here.
 */
export interface Announcement {
  readonly role: 'verifier' | 'provider'
  readonly index: number
  readonly account: Hex
  readonly peerId: string
  readonly multiaddrs: readonly string[]
  /** see `splitAnnounced`: the first that the account ever announced in this role; absent if it has announced none */
  readonly tokenKey?: Hex
}

export interface Settlement {
  readonly epoch: number
  readonly provider: Hex
  readonly charged: bigint
  readonly txHash: Hex
}

/** The result of one transaction. `already` means that another node was first, which is no failure. */
export type TxResult =
  | { readonly kind: 'done'; readonly txHash: Hex; readonly gasUsed: number }
  | { readonly kind: 'already' }
  | { readonly kind: 'rejected'; readonly reason: string }

export interface Chain {
  readonly network: NetworkId
  /** Undefined before `start`. */
  clock(): Promise<EpochClock | undefined>
  /** Facts at B(e); undefined until a block at or after the epoch's start exists. That block fixes B(e). */
  factsAt(epoch: number): Promise<BlockFacts | undefined>
  /** Epoch and header hash of the last accepted report; epoch 0 and the zero hash before the first. */
  tip(): Promise<{ readonly epoch: number; readonly headerHash: Hex }>
  /** The accepted report of an epoch, from its `Posted` event. */
  posted(epoch: number): Promise<PostedReport | undefined>
  /** The newest announcement of every registered node. */
  announcements(): Promise<Announcement[]>
  announce(role: 'verifier' | 'provider', peerId: string, multiaddrs: readonly string[]): Promise<TxResult>
  post(header: Header, round: number, nonSigners: readonly number[], signature: Uint8Array): Promise<TxResult>
  freeze(era: number): Promise<TxResult>
  /** Whether a freeze of this era is possible now, and would change the set. */
  freezeDue(era: number): Promise<boolean>
  frozenSet(era: number): Promise<FrozenVerifier[]>
  /** Whether the set of an era is known: frozen, or as things stand the last one continues. */
  isSetKnown(era: number): Promise<boolean>
  isFinal(epoch: number): Promise<boolean>
  isSettled(epoch: number, provider: Hex): Promise<boolean>
  settle(leaf: Leaf, proof: readonly Hex[]): Promise<TxResult>
  /** Whether the chain knows that the verifier at a position of an era's set equivocated in the era. */
  isProven(era: number, position: number): Promise<boolean>
  /** What that verifier must still lose by the evidence so far, in wei. */
  owedFor(era: number, position: number): Promise<bigint>
  /** @param signature the sum of both signatures: 256 bytes, EIP-2537 G2 */
  slashEquivocation(evidence: Equivocation, signature: Uint8Array): Promise<TxResult>
  slashCertificates(first: SignedHeader, second: SignedHeader): Promise<TxResult>
  topUp(era: number, position: number): Promise<TxResult>
  /** Every `Settled` event of a provider. */
  settlements(provider: Hex): Promise<Settlement[]>
  close(): void
}
