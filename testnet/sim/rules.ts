/**
 * What the simulation of whole networks takes of the nodes' own rules: all of it comes through this file. No rule is written
 * a second time. `reportOf` goes the whole way of a node, over bytes; `evaluate` is the heart of it, for the many epochs.
 */
import { votesOf } from '../../proto/ballot-index.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { MerkleTree } from '../../proto/merkle.js'
import type { NetworkParams } from '../../proto/params.js'
import { ballotSetOf } from '../../verifier/core/agreement/ballot-set.js'
import { type Assignment, assign } from '../../verifier/core/assignment/assign.js'
import type { ChainFacts } from '../../verifier/core/facts.js'
import { decodeCarryOver, encodeCarryOver } from '../../verifier/core/scoring/carry-over.js'
import { type EvaluateInput, type Evaluation, evaluateEpoch } from '../../verifier/core/scoring/evaluate.js'
import { buildReport, type Report } from '../../verifier/core/scoring/report.js'
import type { WindowTicks } from '../../verifier/core/scoring/uptime.js'

export interface Rules {
  assign(facts: ChainFacts, params: NetworkParams): Assignment
  evaluate(input: EvaluateInput): Evaluated
}

/** An evaluation of one provider. */
export interface Evaluated extends Evaluation {
  /** of its window so far */
  readonly breach: boolean
  readonly ticks: WindowTicks
}

/**
 * The nodes' own. A test breaks one of them, to see that the simulation notices. The root over the assigned receivers, which
 * takes a third of the time and is in no other field, is left out: `reportOf` has it.
 */
export const CORE: Rules = {
  assign,
  evaluate: input => {
    let [breach, ticks] = [false, { up: 0, total: 0 }]
    const assignment = { ...input.assignment, assignedRootOf: () => ZERO_HASH }
    const evaluation = evaluateEpoch({ ...input, assignment }, (_, tally, counted) => {
      ;[breach, ticks] = [tally.breach, counted]
    })
    return { ...evaluation, breach, ticks }
  },
}

/**
 * The report of an epoch as a node makes it: votes are encoded into ballots, their roots are listed by the whole set, and what is computed from the agreed ballots rests on the carry-over's encoding. Signatures are checked before core.
 */
export function reportOf(input: EvaluateInput, previousHeader: Hex = ZERO_HASH): Report {
  const { facts, previous, ballots } = input
  const encoded = ballots.map(({ verifier, votes }) => ({ verifier, votes: votesOf(votes) }))
  const entries = encoded.map(({ verifier, votes }) => ({ verifier, root: new MerkleTree(votes).root }))
  const lists = facts.verifiers.map(({ index }) => ({ verifier: index, entries }))
  const { roots } = ballotSetOf(lists, facts.verifiers.length)
  const counted = new Set(roots.map(({ verifier }) => verifier))
  return buildReport({
    ...input,
    ...{ previousHeader, ballotSet: roots, rewardsRoot: ZERO_HASH },
    previous: { epoch: previous.epoch, ...decodeCarryOver(encodeCarryOver(previous)) },
    ballots: ballots.filter(({ verifier }) => counted.has(verifier)),
  })
}
