/** The pot of rewards and the claims of it. */
import type { Header } from '../../proto/header.js'
import type { Hex } from '../../proto/hex.js'
import type { Reward } from '../../proto/reward.js'
import type { ChainContext } from './context.js'
import type { Call } from './sender.js'

/** In wei. What is neither left nor funded was claimed. */
export interface RewardsPot {
  readonly funded: bigint
  readonly left: bigint
}

export async function readRewardsPot({ contracts, file }: ChainContext): Promise<RewardsPot> {
  const [funded, left] = await Promise.all([
    contracts.rewardsDistributor.getFunction('funded')(),
    contracts.stakeToken.getFunction('balanceOf')(file.contracts.rewardsDistributor),
  ])
  return { funded, left }
}

/** All that an account has been paid, in wei. */
export const readClaimed = ({ contracts }: ChainContext, account: Hex): Promise<bigint> =>
  contracts.rewardsDistributor.getFunction('claimed')(account)

/** Anybody may claim for anybody. */
export const claimCall = (
  { contracts: { rewardsDistributor } }: ChainContext,
  header: Header,
  { account, cumulative }: Reward,
  proof: readonly Hex[],
): Call => ({
  contract: rewardsDistributor,
  method: 'claim',
  args: [header, account, cumulative, proof],
  isDone: async blockTag => (await rewardsDistributor.getFunction('claimed')(account, { blockTag })) >= cumulative,
})
