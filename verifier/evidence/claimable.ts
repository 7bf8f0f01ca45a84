/** What an account can claim by a report, checked against the header that the chain accepted. */
import type { Hex } from '../../proto/hex.js'
import type { Reward } from '../../proto/reward.js'
import { UserError } from '../config/errors.js'
import type { PostedReport } from '../core/ports.js'
import { rewardsTree } from '../core/rewards/rewards.js'
import { rewardsFromJson } from './rewards-replay.js'
import type { RewardsJson } from './schema/rewards.js'

export interface Claimable {
  readonly reward: Reward
  readonly proof: readonly Hex[]
}

/** Of everybody, ascending by account. @throws UserError 'evidence' for other rewards than those of the report */
export function claimable(shown: RewardsJson, { header }: Pick<PostedReport, 'header'>): Claimable[] {
  const rewards = rewardsFromJson(shown)
  const tree = rewardsTree(rewards)
  if (tree.root !== header.rewardsRoot)
    throw new UserError(
      'evidence',
      `These are not the rewards of the report that the chain accepted for epoch ${header.epoch}. Ask another verifier.`,
    )
  return rewards.map((reward, i) => ({ reward, proof: tree.proof(i) }))
}

/** Zero for an account that has earned nothing. @throws UserError 'evidence' */
export const claimableIn = (shown: RewardsJson, report: Pick<PostedReport, 'header'>, account: Hex): Claimable =>
  claimable(shown, report).find(({ reward }) => reward.account === account) ?? {
    reward: { account, cumulative: 0n },
    proof: [],
  }
