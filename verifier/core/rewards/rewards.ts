/** The rewards state: what every account has earned since the network began. A report's rewards root commits to it. */
import type { Hex } from '../../../proto/hex.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { decodeReward, encodeReward, type Reward } from '../../../proto/reward.js'

/** Ascending by account, and none of zero. */
export type Rewards = readonly Reward[]

/** All that was ever given out of the pot, claimed or not, in wei. */
export const allocatedOf = (rewards: Rewards): bigint => rewards.reduce((sum, { cumulative }) => sum + cumulative, 0n)

/** `tree.proof(i)` proves `rewards[i]`. The root is zero while nobody has earned anything. */
export const rewardsTree = (rewards: Rewards): MerkleTree => new MerkleTree(rewards.map(encodeReward))

export const cumulativeOf = (rewards: Rewards, account: Hex): bigint =>
  rewards.find(reward => reward.account === account)?.cumulative ?? 0n

/** @param earned what accounts earn in addition, in any order; an account may stand there more than once */
export function withEarned(
  rewards: Rewards,
  earned: readonly { readonly account: Hex; readonly earned: bigint }[],
): Rewards {
  const sums = new Map(rewards.map(({ account, cumulative }) => [account, cumulative]))
  for (const one of earned) sums.set(one.account, (sums.get(one.account) ?? 0n) + one.earned)
  return [...sums]
    .filter(([, cumulative]) => cumulative > 0n)
    .map(([account, cumulative]) => ({ account, cumulative }))
    .sort((a, b) => (a.account < b.account ? -1 : 1))
}

export const encodeRewards = (rewards: Rewards): Uint8Array[] => rewards.map(encodeReward)

/** @throws RangeError for bytes that encode no rewards state: the root of a tree does not tell the order of its leaves */
export function decodeRewards(encoded: readonly Uint8Array[]): Rewards {
  const rewards = encoded.map(decodeReward)
  for (const [i, { account, cumulative }] of rewards.entries()) {
    const before = rewards[i - 1]
    if (cumulative === 0n || (before !== undefined && before.account >= account))
      throw new RangeError(`${account} is out of order in a list of rewards.`)
  }
  return rewards
}
