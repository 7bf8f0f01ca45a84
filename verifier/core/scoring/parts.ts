/** What an evaluation knows of each provider before it reads a vote. */
import { windowStart } from '../../../proto/epoch.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import type { OpenWindow } from '../../../proto/open-window.js'
import type { NetworkParams } from '../../../proto/params.js'
import type { SoakVote } from '../../../proto/soak-vote.js'
import type { Assignment } from '../assignment/assign.js'
import type { ActiveProvider, ChainFacts } from '../facts.js'
import type { CarryOver } from './carry-over.js'
import type { WindowState } from './window-end.js'

/** One provider's part of the evaluation. */
export interface Part {
  readonly provider: ActiveProvider
  readonly receivers: readonly number[]
  /** of the receivers of the window; a leaf with a penalty must name them even if the provider has left */
  readonly assignedRoot: Hex
  /** from the last report, but for the penalty, which that report's leaf carried */
  readonly previous: WindowState | undefined
  /** a window that ended without a report or by the provider's exit, so that its votes still wait */
  readonly late: OpenWindow | undefined
  /** this epoch's window, as earlier epochs left it */
  readonly open: OpenWindow | undefined
  readonly soakVotes: readonly SoakVote[]
}

export interface PartsInput {
  readonly params: Pick<NetworkParams, 'windowEpochs'>
  readonly facts: ChainFacts
  readonly assignment: Pick<Assignment, 'receiversOf' | 'assignedRootOf'>
  /** the last accepted report */
  readonly previous: CarryOver
}

/** Written out: a spread of a leaf takes several times as long. */
export function partsOf({ facts, assignment, previous, params }: PartsInput): Part[] {
  const leaves = new Map(previous.leaves.map(leaf => [leaf.index, leaf]))
  const first = windowStart(facts.epoch, params.windowEpochs)
  const parts: Part[] = []
  for (const provider of facts.providers) {
    const { account, index, active } = provider
    const leaf = ofProvider(leaves.get(index), account)
    const window = leaf && previous.windows.get(account)
    const goesOn = active && window?.first === first
    const late = goesOn ? undefined : window
    if (!active && late === undefined) continue
    const isDue = isMeasured(provider)
    const ownRoot = isDue ? assignment.assignedRootOf(account) : ZERO_HASH
    parts.push({
      provider,
      receivers: isDue ? assignment.receiversOf(account) : [],
      assignedRoot: active || leaf === undefined ? ownRoot : leaf.assignedRoot,
      previous: leaf && withoutPenalty(leaf),
      late,
      open: goesOn ? window : undefined,
      soakVotes: (leaf && previous.soakVotes.get(account)) ?? [],
    })
  }
  return parts.sort((a, b) => a.provider.index - b.provider.index)
}

/** After a reorganisation an index may be that of another account. */
const ofProvider = (leaf: Leaf | undefined, account: Hex): Leaf | undefined =>
  leaf?.provider === account ? leaf : undefined

const withoutPenalty = (leaf: Leaf): Leaf => (leaf.penaltyBps === 0 ? leaf : { ...leaf, penaltyBps: 0 })

export const isMeasured = ({ active, inWindow }: ActiveProvider): boolean => active && inWindow
