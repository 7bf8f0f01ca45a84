/** What becomes of the stake of a provider that has left, for a person. */
import type { Stake } from '../chain/stake.js'
import { timeText, tokensText } from './figures.js'

type Left = Pick<Stake, 'unbonding' | 'releaseAt' | 'free'>

/** The end of a sentence, and what to do. */
export function leftText({ unbonding, releaseAt, free }: Left): string {
  const parts = [
    ...(releaseAt === undefined ? [] : [`${tokensText(unbonding)} tokens unbond until ${timeText(releaseAt)}`]),
    ...(free === 0n ? [] : [`${tokensText(free)} tokens can be withdrawn now`]),
  ]
  if (parts.length === 0) return 'all of its stake is paid out. Register with new keys to come back.'
  return `${parts.join(', and ')}. Take them with \`bandwitness provider withdraw\`; to come back, register with new keys.`
}
