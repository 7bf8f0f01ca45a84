/**
 * The parameters that all nodes of a network must share. Their hash stands in `EpochReports`, so that a node with other
 * parameters notices before it signs anything.
 */
import { keccakText } from './hash.js'
import type { Hex } from './hex.js'

export interface NetworkParams {
  readonly epochSeconds: number
  readonly eraEpochs: number
  /** From the end of an epoch: how long commits, then ballots, then seen lists are awaited. */
  readonly commitMs: number
  readonly revealMs: number
  readonly listMs: number
  /** How long a leader has before the next one's turn. */
  readonly roundMs: number
  /** Delay from one rank to the next for whatever any one node has to send to the chain. */
  readonly rankDelayMs: number
  readonly tickMs: number
  /** From the start of an epoch to its first slot: time to learn B(e). */
  readonly leadMs: number
  readonly slotMs: number
  /** A session starts at a secret offset below this into its slot. */
  readonly offsetMs: number
  /** Providers that may be measured at once in the whole network; 0 for no such limit. */
  readonly lanes: number
  /** n, or the whole set where that is smaller. */
  readonly receivers: number
  /** k */
  readonly senders: number
  /** In this share of (provider, epoch) pairs all sessions are soaks, and run so long. 0 for no soaks at all. */
  readonly soakShareBps: number
  readonly soakMs: number
  readonly breachBps: number
  readonly maxPenaltyBps: number
  readonly halfLifeSeconds: number
  readonly commonFailureMinProviders: number
  readonly commonFailureShareBps: number
  readonly settlementSeconds: number
  readonly evidenceSeconds: number
  readonly unbondingSeconds: number
  readonly claimDelaySeconds: number
}

const DAY_SECONDS = 86_400

/** One machine, epochs of some ten seconds. */
export const DEVNET: NetworkParams = {
  epochSeconds: 15,
  eraEpochs: 5,
  commitMs: 800,
  revealMs: 800,
  listMs: 500,
  roundMs: 1500,
  rankDelayMs: 1500,
  tickMs: 500,
  leadMs: 1600,
  slotMs: 1700,
  offsetMs: 100,
  lanes: 3,
  receivers: 64,
  senders: 3,
  soakShareBps: 0, // its epoch has no room for one
  soakMs: 12_000,
  breachBps: 7500,
  maxPenaltyBps: 1000,
  halfLifeSeconds: 3 * DAY_SECONDS,
  commonFailureMinProviders: 20,
  commonFailureShareBps: 2000,
  settlementSeconds: 6,
  evidenceSeconds: 600,
  unbondingSeconds: 1200,
  claimDelaySeconds: 24,
}

/** Hash over the parameters by name, in alphabetical order. */
export const paramsHash = (params: NetworkParams): Hex =>
  keccakText(
    Object.entries(params)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
  )
