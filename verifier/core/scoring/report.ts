/** An epoch's report: the header that verifiers sign, and the leaves under it. */
import type { SeenEntry } from '../../../proto/digests.js'
import type { Header } from '../../../proto/header.js'
import type { Hex } from '../../../proto/hex.js'
import { DIGEST_BYTES } from '../../../proto/keccak.js'
import { encodeLeaf, type Leaf } from '../../../proto/leaf.js'
import { leafPart } from '../../../proto/leaf-state.js'
import { MerkleTree, writeLeafHash } from '../../../proto/merkle.js'
import { ballotSetRoot } from '../agreement/ballot-set.js'
import { type CarryOver, decodeCarryOver } from './carry-over.js'
import { type EvaluateInput, type Evaluation, evaluateEpoch, type OnTally } from './evaluate.js'

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
}

export const buildReport = (input: ReportInput, onTally?: OnTally): Report =>
  reportOf(input, evaluateEpoch(input, onTally))

/** The report on an evaluation. */
export function reportOf(
  { facts, previousHeader, ballotSet, rewardsRoot }: Omit<ReportInput, 'ballots'>,
  evaluation: Evaluation,
): Report {
  const { leaves, commonFailure } = evaluation
  const header: Header = {
    era: facts.era,
    epoch: facts.epoch,
    blockNumber: facts.blockNumber,
    blockHash: facts.blockHash,
    previousHeader,
    scoreRoot: leafTree(leaves).root,
    ballotSetRoot: ballotSetRoot(ballotSet),
    rewardsRoot,
    providerCount: leaves.length,
    commonFailure,
  }
  return { header, ballotSet, ...evaluation }
}

/** Of the leaves that somebody still holds: a report needs the root, its store the nodes. */
const trees = new WeakMap<readonly Leaf[], MerkleTree>()

/** Its root is the score root; `proof(i)` proves the i-th leaf. */
export function leafTree(leaves: readonly Leaf[]): MerkleTree {
  const known = trees.get(leaves)
  if (known !== undefined) return known
  const tree = hashedTree(leaves)
  trees.set(leaves, tree)
  return tree
}

/**
 * What fetched leaves hand on, each encoded with its carry-over; undefined if their root is another. @throws as
 * `decodeCarryOver`
 */
export function carryOverUnder(scoreRoot: Hex, encoded: readonly Uint8Array[]): CarryOver | undefined {
  const tree = new MerkleTree(encoded.map(leafPart))
  if (tree.root !== scoreRoot) return undefined
  const carryOver = decodeCarryOver(encoded)
  trees.set(carryOver.leaves, tree)
  return carryOver
}

function hashedTree(leaves: readonly Leaf[]): MerkleTree {
  const hashes = new Uint8Array(leaves.length * DIGEST_BYTES)
  for (const [i, leaf] of leaves.entries()) writeLeafHash(hashes, i, encodeLeaf(leaf))
  return new MerkleTree(hashes)
}
