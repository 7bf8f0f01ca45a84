/** Reports that show rewards, and claims of them. */
import type { Header } from '../../../proto/header.js'
import type { Hex } from '../../../proto/hex.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { encodeReward, type Reward } from '../../../proto/reward.js'
import type { Receipt } from './evm.js'
import { PARAMS, type TestNetwork } from './network.js'

/** An accepted report with the rewards that it shows. */
export interface RewardReport {
  readonly header: Header
  readonly rewards: readonly Reward[]
  readonly tree: MerkleTree
}

/** Puts tokens of the deployer into the pot. */
export async function fundPot({ token, rewards, deployer }: TestNetwork, amount: bigint): Promise<Receipt> {
  await token.send(deployer, 'approve', rewards.address, amount)
  return rewards.send(deployer, 'fund', amount)
}

/** Posts the report of an epoch that shows these rewards. */
export async function reportRewards(
  network: TestNetwork,
  epoch: number,
  rewards: readonly Reward[],
): Promise<RewardReport> {
  const tree = new MerkleTree(rewards.map(encodeReward))
  await network.enter(epoch + 1)
  const header = await network.header(epoch, { rewardsRoot: tree.root })
  await network.post(network.certify(header))
  return { header, rewards, tree }
}

/** Moves to the time from which the rewards of an epoch's report can be claimed. */
export const afterDelay = (network: TestNetwork, epoch: number): Promise<void> =>
  network.evm.at(network.startOf(epoch + 2) + PARAMS.settlementSeconds)

/** Claims what a report shows for an account, sent by `from` (default: the deployer). */
export function claim(network: TestNetwork, report: RewardReport, account: Hex, from = network.deployer) {
  const index = report.rewards.findIndex(reward => reward.account === account)
  const { cumulative } = report.rewards[index]!
  return network.rewards.send(from, 'claim', report.header, account, cumulative, report.tree.proof(index))
}
