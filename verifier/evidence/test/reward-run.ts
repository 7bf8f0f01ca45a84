/** The evidence of a run of reports that pay rewards, with real signatures. All verifiers vote the same of one provider. */
import { NO_PAID_REPORT, type PaidReport } from '../../core/facts.js'
import { nextRewards } from '../../core/rewards/next-rewards.js'
import { type Rewards, rewardsTree } from '../../core/rewards/rewards.js'
import { PARAMS } from '../../core/test/samples.js'
import { recompute } from '../recompute.js'
import type { RewardEvidence } from '../rewards-replay.js'
import type { EvidenceJson } from '../schema/evidence.js'
import type { RewardsJson } from '../schema/rewards.js'
import { type Cast, epochOf } from './epoch-evidence.js'

export const FUNDED = 1000n * 10n ** 18n
/** The position of a verifier whose signature is in no certificate: the last one by index. */
const NON_SIGNER = 0

/** @param casts what all verifiers vote, epoch by epoch. @returns one entry for each epoch, from the first */
export function rewardRun(casts: readonly Cast[]): RewardEvidence[] {
  const run: RewardEvidence[] = []
  let rewards: Rewards = []
  let previous: EvidenceJson['previous'] | undefined
  for (const [i, cast] of casts.entries()) {
    const paid = run[i - PARAMS.rewardDelayEpochs]?.evidence
    const paidReport: PaidReport = paid
      ? { ...NO_PAID_REPORT, epoch: paid.header.epoch, headerHash: paid.headerHash, nonSigners: [NON_SIGNER] }
      : NO_PAID_REPORT
    const work = paid && recompute(paid).work
    const input = { params: PARAMS, fundedWei: FUNDED, previous: rewards, paidReport, work, covered: [] }
    rewards = nextRewards(input).rewards
    const paying = { paidReport, rewardsFunded: FUNDED, rewardsRoot: rewardsTree(rewards).root }
    const { evidence, next } = epochOf(i + 1, cast, previous, PARAMS, paying)
    run.push({ evidence, paid, covered: [], before: run.at(-1)?.shown, shown: rewardsJson(evidence, rewards) })
    previous = next
  }
  return run
}

const rewardsJson = ({ header, headerHash }: EvidenceJson, rewards: Rewards): RewardsJson => ({
  ...{ header, headerHash },
  rewards: rewards.map(({ account, cumulative }) => ({ account, cumulative: cumulative.toString() })),
})
