/** One run of the simulation. Pure. */
import { encodeLeaf } from '../../../proto/leaf.js'
import { encodeCarryOver } from '../../../verifier/core/scoring/carry-over.js'
import type { EvaluateInput, Evaluation } from '../../../verifier/core/scoring/evaluate.js'
import type { Figures } from '../../sim/figures.js'
import { type Rules, reportOf } from '../../sim/rules.js'
import { simulateWorlds } from '../../sim/worlds.js'
import { CLAIM_KBPS, type SimTask, worldOf } from './plan.js'

/** Of the epochs of all worlds, one in so many also goes the whole way of a node. */
const WHOLE_WAY_EVERY = 997

export interface RunFigures {
  readonly network: string
  readonly figures: readonly Figures[]
  /** epochs that went the whole way of a node, and those of them in which it came to another result */
  readonly compared: number
  readonly differing: number
}

export function runTask({ network, worlds, seed }: SimTask, rules?: Rules): RunFigures {
  let [epochs, compared, differing] = [0, 0, 0]
  const watch = (input: EvaluateInput, evaluation: Evaluation) => {
    if (epochs++ % WHOLE_WAY_EVERY !== 0) return
    compared++
    if (!isSame(reportOf(input), evaluation)) differing++
  }
  const figures = simulateWorlds({
    ...{ network, worlds: worlds.map(worldOf), claimKbps: CLAIM_KBPS, seed, watch },
    ...(rules && { rules }),
  })
  return { network: network.name, figures, compared, differing }
}

/** But for the root over the assigned receivers, see `CORE`. */
function isSame(whole: Evaluation, evaluation: Evaluation): boolean {
  const leaves = evaluation.leaves.map((leaf, i) => ({ ...leaf, assignedRoot: whole.leaves[i]!.assignedRoot }))
  const bytes = (of: Evaluation) => Buffer.concat([...of.leaves.map(encodeLeaf), ...encodeCarryOver(of)])
  return bytes(whole).equals(bytes({ ...evaluation, leaves }))
}
