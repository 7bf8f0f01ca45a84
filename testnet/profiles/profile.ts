/** The kinds of providers in a test network: how each behaves, how it is started, and what the chain must show at the end. */
import type { ForwardingSpec } from '../../probe/plane/forwarding.js'
import type { Leaf } from '../../proto/leaf.js'
import type { Totals } from './charging/books.js'

/** The chain's record of one provider after a run. Epochs ascend; epochs without a report are absent. */
export interface ProviderHistory {
  readonly claimKbps: number
  /** The rate that truly passes through the provider, kbit/s at the IP layer. */
  readonly deliversKbps: number
  /** Epochs that were run, with or without a report. */
  readonly epochsRun: number
  /** Providers of this profile in the run, this one among them. */
  readonly ofThisProfile: number
  /** Every verifier was meant to take part, so a lack of verifiers excuses no missing measurement. */
  readonly allVerifiersHonest: boolean
  readonly leaves: readonly Leaf[]
  readonly settlements: readonly SettledPenalty[]
  readonly stakeBefore: bigint
  readonly stakeAfter: bigint
  /** The first epoch in which the process was down from the first slot on, if the testnet ended it. */
  readonly goneFromEpoch: number | undefined
  /** to users; undefined in a run without exits */
  readonly sales: Sales | undefined
}

/** What users paid a provider for relaying, wei. */
export interface Sales {
  /** that the escrow paid out */
  readonly revenue: bigint
  /** of a provider that keeps books */
  readonly books: Totals | undefined
  /** the price of what it carried, by its books; 0 without them */
  readonly owed: bigint
}

export interface SettledPenalty {
  /** the epoch whose leaf was settled */
  readonly epoch: number
  readonly charged: bigint
  readonly refuted: boolean
  /** The epoch in which the transaction's block lies. */
  readonly settledIn: number
}

/** The options of `createForwarding` in a profile's module. */
export interface ForwardingOptions {
  /** All draws of the profile follow from it. */
  readonly seed: string
  readonly claimKbps: number
  /** A directory that all providers of one profile in one run share. */
  readonly sharedDir: string
}

export interface ProviderProfile {
  /** One line for people: a predicate whose subject is the provider. */
  readonly describe: string
  /** The profile takes a fraction of the claim: `slow@0.6`. */
  readonly takesFraction: boolean
  deliversKbps(claimKbps: number, fraction: number | undefined): number
  /** Present if an ordinary provider would forward too well: the provider then runs through `provider-main.ts`. */
  forwarding?(options: ForwardingOptions): ForwardingSpec
  /** The testnet ends the provider's process when this epoch begins. */
  readonly endsAtEpoch?: number
  /** The promises that the chain does not show: one sentence each, without the subject. */
  broken(history: ProviderHistory): string[]
  /** The promises that the run was too short to show, in the same form. That it was measured is asked of every provider. */
  untested?(history: ProviderHistory): string[]
}
