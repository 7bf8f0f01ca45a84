/** The states of one epoch at one verifier, and when each state ends. Instants are milliseconds of the network's clock. */

import { type EpochClock, epochAt, epochEndMs } from '../../../proto/epoch.js'
import type { NetworkParams } from '../../../proto/params.js'

export type Phase =
  /** The epoch runs, and verifiers measure. Ends with the epoch. */
  | 'measuring'
  /** Every verifier has published the hash of its ballot. Commitments count. */
  | 'committing'
  /** Commitments count no more, and nobody has revealed a ballot. Ends `commitMs` after the epoch. */
  | 'closing'
  /** Every verifier has revealed its ballot. Ballots count if they were committed in time. Ends after `revealMs`. */
  | 'revealing'
  /** Every verifier has listed the ballots that it holds. Ends after `listMs`. */
  | 'listing'
  /** One leader after another proposes a report, every `roundMs`; the others sign or refuse. Ends with the deadline. */
  | 'rounds'
  /** A valid certificate exists. Nothing more is signed. */
  | 'certified'
  /** The deadline passed, and this verifier heard no certificate. Only the chain knows whether the epoch has a report. */
  | 'missed'

/** In their order. */
export const PHASES: readonly Phase[] = [
  ...(['measuring', 'committing', 'closing', 'revealing', 'listing', 'rounds', 'certified', 'missed'] as const),
]

/**
 * How much of `commitMs` lies between the last commitment that counts and the first ballot. A verifier whose clock is ahead
 * reveals while others whose clocks are behind still take commitments. Within this time nobody can copy its votes. 100 ms on
 * the devnet: more than clocks differ that are set over the network.
 */
const GAP_SHARE = 1 / 8

export const isBefore = (phase: Phase, other: Phase): boolean => PHASES.indexOf(phase) < PHASES.indexOf(other)

export interface AgreementTiming {
  /** end of the measured epoch, start of its agree phase */
  readonly endMs: number
  readonly commitMs: number
  readonly revealMs: number
  /** also how long a verifier waits for the last signatures once there are enough */
  readonly listMs: number
  readonly roundMs: number
  /** start of the next epoch's agree phase: the chain takes no report of this epoch any more */
  readonly deadlineMs: number
}

export const agreementTiming = (epochs: EpochClock, params: AgreementParams, epoch: number): AgreementTiming => ({
  endMs: epochEndMs(epochs, epoch),
  commitMs: params.commitMs,
  revealMs: params.revealMs,
  listMs: params.listMs,
  roundMs: params.roundMs,
  deadlineMs: epochEndMs(epochs, epoch + 1),
})

type AgreementParams = Pick<NetworkParams, 'commitMs' | 'revealMs' | 'listMs' | 'roundMs'>

/** The newest epoch whose commitments are closed, so that its votes may be shown; below 1 for none. */
export const revealedEpoch = (
  epochs: EpochClock,
  { commitMs }: Pick<NetworkParams, 'commitMs'>,
  nowMs: number,
): number => epochAt(epochs, nowMs - commitMs) - 1

/** How many rounds begin before the deadline: nothing of a later round is ever signed. */
export const roundsOf = (timing: AgreementTiming): number =>
  Math.max(0, Math.ceil((timing.deadlineMs - roundStartMs(timing, 0)) / timing.roundMs))

/** @param round from 0 */
export const roundStartMs = (timing: AgreementTiming, round: number): number =>
  revealEndMs(timing) + timing.listMs + round * timing.roundMs

/** When the next phase or round is due; undefined for a final phase. @param round the one that runs; −1 before the first */
export function phaseEndMs(phase: Phase, round: number, timing: AgreementTiming): number | undefined {
  switch (phase) {
    case 'measuring':
      return timing.endMs
    case 'committing':
      return commitEndMs(timing) - GAP_SHARE * timing.commitMs
    case 'closing':
      return commitEndMs(timing)
    case 'revealing':
      return revealEndMs(timing)
    case 'listing':
      return roundStartMs(timing, 0)
    case 'rounds':
      return Math.min(roundStartMs(timing, round + 1), timing.deadlineMs)
    case 'certified':
    case 'missed':
      return undefined
  }
}

const commitEndMs = ({ endMs, commitMs }: AgreementTiming): number => endMs + commitMs
const revealEndMs = (timing: AgreementTiming): number => commitEndMs(timing) + timing.revealMs
