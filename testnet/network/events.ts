/**
 * The events of a run. With `--json` each event is one line on standard output. Scripts rely on the fields, so fields may be
 * added but never removed or changed. Stakes are decimal strings of wei, rates kbit/s, shares basis points, an unmeasured rate null.
 */
import type { Hex } from '../../proto/hex.js'
import type { NetworkFile } from '../../verifier/config/network-file.js'
import type { ClientResult } from '../market/client-result.js'
import type { VerifierProfile } from '../profiles/profiles.js'

export interface ReadyNode {
  readonly name: string
  readonly role: 'verifier' | 'provider'
  readonly profile: string
  /** registry index */
  readonly index: number
  readonly address: Hex
  readonly pid: number
  /** absent for a node without an API */
  readonly apiUrl?: string | undefined
  readonly dataDir: string
  readonly log: string
  /** The command line that starts this very node again. */
  readonly argv: readonly string[]
}

export interface ReadyEvent {
  readonly event: 'ready'
  /** of the testnet itself */
  readonly pid: number
  readonly seed: string
  readonly rpcUrl: string
  readonly chainId: number
  readonly contracts: NetworkFile['contracts']
  /** of the first verifier */
  readonly apiUrl: string
  readonly dataDir: string
  readonly networkFile: string
  /** the lengths of epochs and eras, and all other parameters */
  readonly params: NetworkFile['params']
  readonly verifiers: readonly ReadyNode[]
  readonly providers: readonly (ReadyNode & { readonly claimKbps: number; readonly deliversKbps: number })[]
}

/** What this machine carries, as measured before anything is started. */
export interface MachineEvent {
  readonly event: 'machine'
  readonly cores: number
  /** how long one core takes to check a BLS signature, ms */
  readonly checkMs: number
  readonly sessionsAtOnce: number
  /** of each provider in an epoch */
  readonly receivers: number
  readonly epochSeconds: number
  /** why the machine may be too small for the network, and what to do; null if it is not */
  readonly warning: string | null
}

/** The network's genesis is set. */
export interface StartedEvent {
  readonly event: 'started'
  readonly genesisMs: number
}

/** An account with ether and stake, and a data directory with its keys, for whoever wants to join a network that is kept. */
export interface GuestEvent {
  readonly event: 'guest'
  readonly role: 'verifier' | 'provider'
  readonly address: Hex
  readonly dataDir: string
  /** the command lines that register it and run it */
  readonly commands: readonly string[]
}

/** A late verifier, or a node that somebody added, has registered and is up. */
export type JoinedEvent = ReadyNode & { readonly event: 'joined' }

/** A node's process ended. `wanted`: the testnet ended the process, because its profile says so. */
export interface NodeEndedEvent {
  readonly event: 'node-ended'
  readonly name: string
  readonly wanted: boolean
  readonly code: number | null
  readonly signal: string | null
  readonly lastLog: readonly string[]
}

/** A node that the testnet did not end is up again, in another process. */
export interface RestartedEvent {
  readonly event: 'restarted'
  readonly name: string
  readonly pid: number
}

/** A fault of the scenario begins or ends. */
export interface FaultEvent {
  readonly event: 'fault'
  readonly what: string
  readonly begins: boolean
}

/** The time of the chain and of all nodes was set forward. */
export interface WarpedEvent {
  readonly event: 'warped'
  readonly seconds: number
  /** that runs now */
  readonly epoch: number
}

/** A snapshot of the network was taken. */
export interface SnapshotEvent {
  readonly event: 'snapshot'
  /** its number, from 1 */
  readonly snapshot: number
  /** that ran then */
  readonly epoch: number
}

/** The network is again as it was when the snapshot was taken. Epochs after that come a second time. */
export interface RevertedEvent {
  readonly event: 'reverted'
  readonly snapshot: number
  /** that runs now */
  readonly epoch: number
  /** by how many milliseconds the network's time is ahead of the machine's now; negative if it is behind */
  readonly aheadMs: number
}

export interface ProviderScore {
  readonly name: string
  readonly address: Hex
  readonly profile: string
  readonly status: 'unmeasured' | 'measured' | 'unserving'
  readonly claimKbps: number
  readonly rateKbps: number | null
  readonly uptimeBps: number
  readonly scoreBps: number
  readonly tier: number
  /** bit 0 is this epoch, bit i the i-th epoch before */
  readonly breachBits: number
  readonly penaltyBps: number
}

export interface EpochEvent {
  readonly event: 'epoch'
  readonly epoch: number
  readonly posted: boolean
  readonly round: number | null
  readonly signers: number | null
  /** that the report counts; null if no verifier tells */
  readonly ballots: number | null
  /** of the frozen set */
  readonly verifiers: number
  readonly gasUsed: number | null
  readonly txHash: Hex | null
  readonly scores: readonly ProviderScore[]
  /** If there is no report: each verifier's reason. */
  readonly why: readonly { readonly name: string; readonly sentence: string }[]
}

export interface SlashedEvent {
  readonly event: 'slashed'
  /** the epoch whose leaf holds the penalty */
  readonly epoch: number
  readonly name: string
  readonly address: Hex
  readonly charged: string
  readonly stake: string
  readonly txHash: Hex
}

/** A certified penalty is void, since votes under the same certificate contradict it. */
export interface RefutedEvent {
  readonly event: 'refuted'
  /** the epoch whose leaf holds the penalty */
  readonly epoch: number
  readonly name: string
  readonly address: Hex
  readonly txHash: Hex
}

/** The chain has evidence that a verifier equivocated. */
export interface EquivocatedEvent {
  readonly event: 'equivocated'
  /** the epoch of the contradicting statements */
  readonly epoch: number
  readonly name: string
  readonly address: Hex
  readonly kind: string
  readonly bond: string
  readonly txHash: Hex
}

/** In wei: what the newest report shows that an account has earned, and what the chain has paid it. */
export interface RewardResult {
  readonly earned: string
  readonly claimed: string
}

export interface VerifierResult extends RewardResult {
  readonly name: string
  readonly address: Hex
  readonly profile: string
  readonly bondBefore: string
  readonly bondAfter: string
  /** each with the epoch in which its evidence came to the chain */
  readonly equivocations: readonly { readonly epoch: number; readonly provenIn: number; readonly kind: string }[]
  /** why a process of this verifier stopped because another one uses its keys; null if none did */
  readonly stopped: string | null
}

export interface ProviderResult extends RewardResult {
  readonly name: string
  readonly address: Hex
  readonly profile: string
  readonly claimKbps: number
  readonly deliversKbps: number
  readonly rateKbps: number | null
  readonly uptimeBps: number
  readonly scoreBps: number
  readonly tier: number
  readonly stakeBefore: string
  readonly stakeAfter: string
  readonly slashed: string
  /** to users, for relaying; null without exits */
  readonly sales: SalesResult | null
}

/** Bytes are of the IP layer, in sessions that paid, by the books of a provider that cheats; null for all others. */
export interface SalesResult {
  /** that the escrow paid out, wei */
  readonly revenue: string
  /** each datagram once */
  readonly carriedBytes: number | null
  /** that its receipts stated */
  readonly billedBytes: number | null
  /** the price of what it carried, wei */
  readonly owed: string | null
}

/** What the decoys of a run show of one verifier. */
export interface DecoyTasks {
  readonly name: string
  readonly profile: VerifierProfile
  /** votes that were compared with a decoy's level, and those that missed it */
  readonly tasks: number
  readonly missed: number
  readonly caught: boolean
}

export interface ResultEvent {
  readonly event: 'result'
  readonly ok: boolean
  /** one sentence each */
  readonly failures: readonly string[]
  /**
   * One sentence for each promise that the run could not show, with what to do. A run is not ok then. The sentences are among
   * its failures, unless somebody interrupted a run that had no number of epochs to reach.
   */
  readonly untested: readonly string[]
  /** epochs that ran to their end */
  readonly epochs: number
  readonly posted: number
  readonly interrupted: boolean
  /** The data directory with the logs, if it is kept: a failed run keeps even a temporary directory. */
  readonly keptIn: string | null
  readonly verifiers: readonly VerifierResult[]
  readonly providers: readonly ProviderResult[]
  /** providers that somebody added by hand, as the last report has them */
  readonly guests: readonly ProviderScore[]
  /** The pot of rewards in wei: funded = claimed + left. */
  readonly rewards: { readonly funded: string; readonly claimed: string; readonly left: string }
  /** of each verifier; empty without decoys */
  readonly decoyTasks: readonly DecoyTasks[]
  /** of a run with exits */
  readonly clients: readonly ClientResult[]
}

export type TestnetEvent =
  | MachineEvent
  | ReadyEvent
  | StartedEvent
  | GuestEvent
  | JoinedEvent
  | NodeEndedEvent
  | RestartedEvent
  | FaultEvent
  | WarpedEvent
  | SnapshotEvent
  | RevertedEvent
  | EpochEvent
  | SlashedEvent
  | RefutedEvent
  | EquivocatedEvent
  | ResultEvent
