/** The end of a run: everybody's rewards are claimed, and the pot must agree to the wei. */
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import type { PostedReport } from '../../verifier/core/ports.js'
import { type Claimable, claimable } from '../../verifier/evidence/claimable.js'
import { type ApiNode, rewardsOf } from './verifier-api.js'

/** In wei. */
export interface RewardsRecord {
  readonly funded: bigint
  readonly left: bigint
  /** by account, as the newest report shows it */
  readonly earned: ReadonlyMap<Hex, bigint>
  /** by account, as the contract paid it */
  readonly claimed: ReadonlyMap<Hex, bigint>
  readonly faults: readonly string[]
}

/** @param chain with a key that pays for the claims. @param newest the newest report; undefined if there is none */
export async function claimAll(
  chain: EthersChain,
  verifiers: readonly ApiNode[],
  newest: PostedReport | undefined,
): Promise<RewardsRecord> {
  const final = await chain.newestFinal()
  const [due, earned] = await Promise.all([shownBy(final, verifiers), shownBy(newest, verifiers)])
  const refused = await Promise.all(due.claims.map(one => claim(chain, final!, one)))
  const accounts = [...new Set([...due.claims, ...earned.claims].map(({ reward }) => reward.account))]
  const claimed = await Promise.all(accounts.map(account => chain.rewardsClaimed(account)))
  const { funded, left } = await chain.rewardsPot()
  return {
    ...{ funded, left },
    earned: new Map(earned.claims.map(({ reward }) => [reward.account, reward.cumulative])),
    claimed: new Map(accounts.map((account, i) => [account, claimed[i]!])),
    faults: [...new Set([...due.faults, ...earned.faults, ...refused.flat()])],
  }
}

interface Shown {
  readonly claims: readonly Claimable[]
  readonly faults: readonly string[]
}

async function shownBy(report: PostedReport | undefined, verifiers: readonly ApiNode[]): Promise<Shown> {
  if (report === undefined || report.header.rewardsRoot === ZERO_HASH) return { claims: [], faults: [] }
  const served = await rewardsOf(report, verifiers)
  if (served === undefined)
    return { claims: [], faults: [`No verifier serves the rewards of epoch ${report.header.epoch}.`] }
  try {
    return { claims: claimable(served, report), faults: [] }
  } catch (error) {
    return { claims: [], faults: [(error as Error).message] }
  }
}

async function claim(chain: EthersChain, { header }: PostedReport, { reward, proof }: Claimable): Promise<string[]> {
  if ((await chain.rewardsClaimed(reward.account)) >= reward.cumulative) return []
  const result = await chain.claimRewards(header, reward, proof)
  return result.kind === 'rejected' ? [`${reward.account} cannot claim its rewards: ${result.reason}.`] : []
}
