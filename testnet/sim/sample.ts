import type { Outcome } from '../../probe/index.js'

/** Sessions of one provider, as they came out. */
export interface Sample {
  readonly outcomes: readonly Outcome[]
  /** of soaks; empty where they read what any session reads */
  readonly soaks: readonly Outcome[]
  /** of a provider that senders lend bandwidth to: by how many of a session's senders do */
  readonly lent?: {
    readonly outcomes: readonly (readonly Outcome[])[]
    readonly soaks: readonly (readonly Outcome[])[]
  }
  /** sessions that were held again, since this machine had no time for their senders or their receiver */
  readonly repeated: number
  /** what it truly delivers, as a share of its claim */
  readonly deliveredShare: number
}
