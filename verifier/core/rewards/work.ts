/** The work of an epoch that rewards are paid for, as its report and its signed votes show it. */
import type { SeenEntry } from '../../../proto/digests.js'
import type { Hex } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import type { NetworkParams } from '../../../proto/params.js'
import type { Assignment } from '../assignment/assign.js'
import type { ChainFacts } from '../facts.js'
import type { Tally } from '../scoring/tally.js'
import { type DecoyEpoch, decoyEpoch } from './decoys.js'
import { type ProviderWork, providerWork } from './provider-points.js'
import { mostPoints, type SessionPoints, type Sessions, sessionPoints } from './session-points.js'

/** A verifier of the frozen set, with the points that its sessions earned. */
export interface VerifierWork extends SessionPoints {
  /** registry index */
  readonly index: number
  /** in the frozen set, by which a certificate names it */
  readonly position: number
  readonly account: Hex
  /** its ballot is in the certified ballot set */
  readonly balloted: boolean
}

export interface EpochWork {
  readonly epoch: number
  /** ascending by registry index */
  readonly verifiers: readonly VerifierWork[]
  /** points that all sessions of the epoch together can earn */
  readonly sessionPoints: number
  /** ascending by registry index */
  readonly providers: readonly ProviderWork[]
  /** its votes, for decoys to judge */
  readonly decoys: DecoyEpoch
}

export interface WorkInput {
  readonly params: Pick<NetworkParams, 'breachBps'>
  readonly facts: ChainFacts
  readonly assignment: Sessions & Pick<Assignment, 'groupsOf'>
  readonly ballotSet: readonly SeenEntry[]
  /** the report's own */
  readonly tallies: ReadonlyMap<Hex, Tally>
  readonly leaves: readonly Leaf[]
}

export function workOf({ params, facts, assignment, ballotSet, tallies, leaves }: WorkInput): EpochWork {
  const points = sessionPoints(assignment, tallies)
  const balloted = new Set(ballotSet.map(({ verifier }) => verifier))
  return {
    epoch: facts.epoch,
    verifiers: facts.verifiers.map(({ index, position, account }) => ({
      ...{ index, position, account, balloted: balloted.has(index) },
      ...(points.get(index) ?? { received: 0, sent: 0 }),
    })),
    sessionPoints: mostPoints(assignment),
    providers: leaves.map(leaf => providerWork(leaf, params)),
    decoys: decoyEpoch(facts, assignment, tallies),
  }
}
