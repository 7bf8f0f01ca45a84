/** What becomes of the stake of a provider that has left, for a person. */
import type { Stake } from '../chain/stake.js'
import { timeText, tokensText } from './figures.js'

type Left = Pick<Stake, 'unbonding' | 'releaseAt' | 'free'>

/** Its node does neither any more. */
export const LEFT_OVER =
  'Have the payments that it holds paid with `bandwitness provider redeem`, and take its offer back with `bandwitness provider offer --withdraw`.'

/** The end of a sentence, and what to do. */
export function leftText({ unbonding, releaseAt, free }: Left): string {
  const parts = [
    ...(releaseAt === undefined ? [] : [`${tokensText(unbonding)} tokens unbond until ${timeText(releaseAt)}`]),
    ...(free === 0n ? [] : [`${tokensText(free)} tokens can be withdrawn now`]),
  ]
  if (parts.length === 0) return `all of its stake is paid out. ${LEFT_OVER} Register with new keys to come back.`
  return `${parts.join(', and ')}. Take them with \`bandwitness provider withdraw\`. ${LEFT_OVER} To come back, register with new keys.`
}
