/** What an account has earned, epoch by epoch: every step from the pot to its claim, as data. */
import type { Hex } from '../../proto/hex.js'
import { earnedBy } from '../core/rewards/next-rewards.js'
import { cumulativeOf, rewardsTree } from '../core/rewards/rewards.js'
import type { Replay } from './rewards-replay.js'
import type { CheckJson } from './schema/checks.js'
import type { RewardEpochJson, RewardsExplanationJson } from './schema/rewards.js'

/** @param replays consecutive reports, the newest first; at least one. @param claimed undefined if the chain was not asked */
export function rewardsExplanation(
  account: Hex,
  replays: readonly [Replay, ...Replay[]],
  claimed: bigint | undefined,
  chainChecks: readonly CheckJson[],
): RewardsExplanationJson {
  const [newest] = replays
  const tree = rewardsTree(newest.shown)
  const at = newest.shown.findIndex(reward => reward.account === account)
  return {
    ...{ account, epoch: newest.epoch, rewardsRoot: tree.root },
    cumulative: cumulativeOf(newest.shown, account).toString(),
    proof: at < 0 ? null : tree.proof(at),
    claimed: claimed?.toString() ?? null,
    epochs: replays.map(replay => epochJson(replay, account)),
    before: cumulativeOf(replays.at(-1)!.before, account).toString(),
    checks: [...replays.flatMap(({ checks }) => checks), ...chainChecks],
  }
}

function epochJson({ epoch, paidEpoch, allocation, shown }: Replay, account: Hex): RewardEpochJson {
  const verifier = allocation.verifiers.find(one => one.account === account)
  const provider = allocation.providers.find(one => one.account === account)
  return {
    ...{ epoch, paidEpoch, budget: allocation.budget.toString() },
    verifier: verifier
      ? {
          ...{ index: verifier.index, balloted: verifier.balloted, signed: verifier.signed, caught: verifier.caught },
          ...{ received: verifier.received, sent: verifier.sent, points: verifier.points },
          ...{ mostPoints: allocation.verifierPoints, earned: verifier.earned.toString() },
        }
      : null,
    provider: provider
      ? {
          ...{ scoreBps: provider.scoreBps, paidKbps: provider.paidKbps, claimKbps: provider.claimKbps },
          claimedKbps: allocation.providers.reduce((sum, { claimKbps }) => sum + claimKbps, 0),
          earned: provider.earned.toString(),
        }
      : null,
    earned: earnedBy(allocation, account).toString(),
    cumulative: cumulativeOf(shown, account).toString(),
  }
}
