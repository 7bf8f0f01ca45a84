/** The work of an epoch that rewards are paid for, as its report and its signed votes show it. */
import type { Hex } from '../../../proto/hex.js'
import type { NetworkParams } from '../../../proto/params.js'
import type { Assignment } from '../assignment/assign.js'
import type { ChainFacts } from '../facts.js'
import type { Report } from '../scoring/report.js'
import type { Tally } from '../scoring/tally.js'
import { type DecoyEpoch, DecoyReadings } from './decoys.js'
import { type ProviderWork, providerWork } from './provider-points.js'
import { mostPoints, PointsTally, type SessionPoints, type Sessions } from './session-points.js'

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
}

/** Gathers the work of an epoch while its report is evaluated: its `add` is for `evaluateEpoch`. */
export class WorkTally {
  readonly #points: PointsTally
  readonly #decoys: DecoyReadings

  constructor(private readonly input: WorkInput) {
    this.#points = new PointsTally(input.assignment)
    this.#decoys = new DecoyReadings(input.facts, input.assignment)
  }

  add = (provider: Hex, tally: Tally): void => {
    this.#points.add(provider, tally)
    this.#decoys.add(provider, tally)
  }

  /** Once all tallies are in. */
  work({ ballotSet, leaves }: Pick<Report, 'ballotSet' | 'leaves'>): EpochWork {
    const { params, facts, assignment } = this.input
    const balloted = new Set(ballotSet.map(({ verifier }) => verifier))
    return {
      epoch: facts.epoch,
      verifiers: facts.verifiers.map(({ index, position, account }) => ({
        ...{ index, position, account, balloted: balloted.has(index) },
        ...this.#points.of(index),
      })),
      sessionPoints: mostPoints(assignment),
      providers: leaves.map(leaf => providerWork(leaf, params)),
      decoys: this.#decoys.epoch(),
    }
  }
}
