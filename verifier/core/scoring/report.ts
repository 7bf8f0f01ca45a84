/** An epoch's report: the header that verifiers sign, the leaves under it, and the tree that opens a leaf on chain. */
import type { SeenEntry } from '../../../proto/digests.js'
import type { Header } from '../../../proto/header.js'
import type { Hex } from '../../../proto/hex.js'
import { encodeLeaf } from '../../../proto/leaf.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { ballotSetRoot } from '../agreement/ballot-set.js'
import { type EvaluateInput, type Evaluation, evaluateEpoch } from './evaluate.js'

export interface ReportInput extends EvaluateInput {
  /** hash of the last accepted header; zero for the first */
  readonly previousHeader: Hex
  /** the roots of `ballots` */
  readonly ballotSet: readonly SeenEntry[]
  /** of what accounts have earned up to this report, see core/rewards; the scores do not depend on it */
  readonly rewardsRoot: Hex
}

export interface Report extends Evaluation {
  readonly header: Header
  readonly ballotSet: readonly SeenEntry[]
  /** `tree.proof(i)` proves `leaves[i]` */
  readonly tree: MerkleTree
}

export function buildReport(input: ReportInput): Report {
  const { facts, previousHeader, ballotSet, rewardsRoot } = input
  const evaluation = evaluateEpoch(input)
  const tree = new MerkleTree(evaluation.leaves.map(encodeLeaf))
  const header: Header = {
    era: facts.era,
    epoch: facts.epoch,
    blockNumber: facts.blockNumber,
    blockHash: facts.blockHash,
    previousHeader,
    scoreRoot: tree.root,
    ballotSetRoot: ballotSetRoot(ballotSet),
    rewardsRoot,
    providerCount: evaluation.leaves.length,
    commonFailure: evaluation.commonFailure,
  }
  return { header, ballotSet, tree, ...evaluation }
}
