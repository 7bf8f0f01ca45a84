/** What an evaluation knows of each provider before it reads a vote. */
import { windowStart } from '../../../proto/epoch.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import type { NetworkParams } from '../../../proto/params.js'
import type { SoakVote } from '../../../proto/soak-vote.js'
import type { OpenWindow } from '../../../proto/window-votes.js'
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

export function partsOf({ facts, assignment, previous, params }: PartsInput): Part[] {
  const leaves = new Map(previous.leaves.map(leaf => [keyOf(leaf.index, leaf.provider), leaf]))
  const first = windowStart(facts.epoch, params.windowEpochs)
  const rootOf = (provider: ActiveProvider) =>
    isMeasured(provider) ? assignment.assignedRootOf(provider.account) : ZERO_HASH
  return facts.providers
    .map(provider => {
      const { account, index, active } = provider
      const leaf = leaves.get(keyOf(index, account))
      const window = leaf && previous.windows.get(account)
      const goesOn = active && window?.first === first
      const receivers = isMeasured(provider) ? assignment.receiversOf(account) : []
      return {
        ...{ provider, receivers },
        assignedRoot: active || leaf === undefined ? rootOf(provider) : leaf.assignedRoot,
        previous: leaf && { ...leaf, penaltyBps: 0 },
        late: goesOn ? undefined : window,
        open: goesOn ? window : undefined,
        soakVotes: (leaf && previous.soakVotes.get(account)) ?? [],
      }
    })
    .filter(({ provider, late }) => provider.active || late !== undefined)
    .sort((a, b) => a.provider.index - b.provider.index)
}

export const isMeasured = ({ active, inWindow }: ActiveProvider): boolean => active && inWindow

const keyOf = (index: number, provider: Hex): string => `${index} ${provider}`
