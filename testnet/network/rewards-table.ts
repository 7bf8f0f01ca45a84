/** What everybody earned in a run, for people. */
import { shortHex, tokensText } from '../../verifier/cli/figures.js'
import { textTable } from '../../verifier/cli/text-table.js'
import type { ResultEvent } from './events.js'

export function rewardsTable({ verifiers, providers, rewards }: ResultEvent): string {
  const rows = [...verifiers, ...providers].map(({ name, address, profile, earned, claimed }) => [
    ...[name, shortHex(address), profile],
    ...[tokensText(BigInt(earned)), tokensText(BigInt(claimed))],
  ])
  const { funded, claimed, left } = rewards
  const tokens = (wei: string) => tokensText(BigInt(wei))
  return [
    textTable([['NODE', 'ACCOUNT', 'PROFILE', 'EARNED', 'CLAIMED'], ...rows]),
    `pot of rewards: ${tokens(funded)} tokens funded = ${tokens(claimed)} claimed + ${tokens(left)} left, exact to the wei`,
  ].join('\n')
}
