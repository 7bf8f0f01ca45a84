import type { Outcome } from '../../probe/index.js'

/** The outcomes of one provider's sessions. */
export interface Sample {
  readonly outcomes: readonly Outcome[]
  /** of soaks; empty if soaks read the same as other sessions */
  readonly soaks: readonly Outcome[]
  /** for a provider to which senders lend bandwidth: by the number of lending senders in a session */
  readonly lent?: {
    readonly outcomes: readonly (readonly Outcome[])[]
    readonly soaks: readonly (readonly Outcome[])[]
  }
  /** sessions that were repeated, since this machine had no time for their senders or their receiver */
  readonly repeated: number
  /** the rate that the provider truly delivers, as a share of its claim */
  readonly deliveredShare: number
}
