/** What a provider of the test network is like, what it is started with, and what the chain must show of it at the end. */
import type { ForwardingSpec } from '../../probe/plane/forwarding.js'
import type { Leaf } from '../../proto/leaf.js'

/** What the chain says of one provider after a run. Epochs ascend; those without a report are absent. */
export interface ProviderHistory {
  readonly claimKbps: number
  /** What truly passes through it, kbit/s at the IP layer. */
  readonly deliversKbps: number
  /** Epochs that were run, with or without a report. */
  readonly epochsRun: number
  /** Providers of this profile in the run, this one among them. */
  readonly ofThisProfile: number
  /** Every verifier was meant to take part, so no measurement may be missing for want of verifiers. */
  readonly allVerifiersHonest: boolean
  readonly leaves: readonly Leaf[]
  readonly settlements: readonly SettledPenalty[]
  readonly stakeBefore: bigint
  readonly stakeAfter: bigint
  /** The first epoch through which its process was down from before the first slot, if the testnet ended it. */
  readonly goneFromEpoch: number | undefined
}

export interface SettledPenalty {
  /** whose leaf was settled */
  readonly epoch: number
  readonly charged: bigint
  /** The epoch in which the transaction's block lies. */
  readonly settledIn: number
}

/** What `createForwarding` of a profile's module is given. */
export interface ForwardingOptions {
  /** Fixes whatever the profile draws. */
  readonly seed: string
  readonly claimKbps: number
  /** A directory that the providers of one profile in one run have in common. */
  readonly sharedDir: string
}

export interface ProviderProfile {
  /** One line for people. */
  readonly describe: string
  /** The profile takes a fraction of the claim: `slow@0.6`. */
  readonly takesFraction: boolean
  deliversKbps(claimKbps: number, fraction: number | undefined): number
  /** Present when an ordinary provider would forward too well: then it runs through `provider-main.ts`. */
  forwarding?(options: ForwardingOptions): ForwardingSpec
  /** The testnet ends its process when this epoch begins. */
  readonly endsAtEpoch?: number
  /** What it promised and the chain does not show: one sentence each, without a subject. */
  broken(history: ProviderHistory): string[]
}
