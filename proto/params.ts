/**
 * The parameters that all nodes of a network must share. `EpochReports` holds their hash, so a node with different
 * parameters notices before it signs anything.
 */
export interface NetworkParams {
  readonly epochSeconds: number
  readonly eraEpochs: number
  /** Epochs over which the receivers of a provider are spread; divides `eraEpochs`. */
  readonly windowEpochs: number
  /** From the end of an epoch: how long a node waits for commits, then for ballots, then for seen lists. */
  readonly commitMs: number
  readonly revealMs: number
  readonly listMs: number
  /** How long a leader has before the next leader takes over. */
  readonly roundMs: number
  /** If any node may send a transaction, the nodes try one after another: delay from one rank to the next. */
  readonly rankDelayMs: number
  readonly tickMs: number
  /** From the start of an epoch to its first slot. In this time nodes learn B(e). */
  readonly leadMs: number
  readonly slotMs: number
  /** A session starts at a secret offset into its slot; the offset is below this. */
  readonly offsetMs: number
  /** Providers that the network may measure at once; 0 for no limit. */
  readonly lanes: number
  /** n, or the size of the whole set if that is smaller. */
  readonly receivers: number
  /** k */
  readonly senders: number
  /** Share of the sessions that are soaks of `soakMs`; 0 for no soaks at all. All groups of an epoch soak together. */
  readonly soakShareBps: number
  readonly soakMs: number
  readonly breachBps: number
  /**
   * A low reading is measured for at least so long after its discard. A real network: 4000, so that other traffic on the
   * provider's line has the time to yield.
   */
  readonly yieldMs: number
  readonly maxPenaltyBps: number
  /** Windows until a window's weight in the score has halved; 1 to 1000. */
  readonly halfLifeWindows: number
  readonly commonFailureMinProviders: number
  readonly commonFailureShareBps: number
  readonly settlementSeconds: number
  readonly evidenceSeconds: number
  readonly unbondingSeconds: number
  readonly claimDelaySeconds: number
  /** Least claim of a provider. A reading below it takes too long for its slot: see `lowReadingMs` of the probe. */
  readonly minClaimKbps: number
  /** A report pays for the work of so many epochs before its own: at least 2, so that the certificate is on chain at B(e), and decoys have shown their seeds. */
  readonly rewardDelayEpochs: number
  /** Share of the tokens left in the pot that one report divides up, in millionths. */
  readonly rewardPpm: number
}

/** A network on one machine, with epochs of some ten seconds. */
export const DEVNET: NetworkParams = {
  epochSeconds: 20,
  eraEpochs: 5,
  windowEpochs: 1, // so that a short run has many windows; a real network takes 24 epochs of an hour
  commitMs: 800,
  revealMs: 800,
  listMs: 500,
  roundMs: 1500,
  rankDelayMs: 1500,
  tickMs: 500,
  leadMs: 1600,
  slotMs: 1700,
  offsetMs: 100,
  lanes: 4,
  receivers: 64,
  senders: 3,
  soakShareBps: 0, // an epoch is too short for a soak
  soakMs: 12_000,
  breachBps: 7500,
  yieldMs: 1000, // an epoch is too short for more
  maxPenaltyBps: 1000,
  halfLifeWindows: 8, // a run of a dozen epochs shows a fall and the recovery; a real network takes 7 windows of a day
  commonFailureMinProviders: 20,
  commonFailureShareBps: 2000,
  settlementSeconds: 6,
  evidenceSeconds: 600,
  unbondingSeconds: 1200,
  claimDelaySeconds: 24,
  minClaimKbps: 8_000, // eight windows of 120 ms: a low reading is then as long as `yieldMs`, and fits into its slot
  rewardDelayEpochs: 2,
  rewardPpm: 10_000, // a run of a dozen epochs pays out a tenth of the pot
}
