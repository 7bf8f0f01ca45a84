/** What a certified penalty came to. */
import type { ExplanationJson } from '../schema/explanation.js'
import { tokensText } from './figures.js'

export function penaltyText({ leaf, settlement }: ExplanationJson): string {
  if (leaf.penaltyBps === 0) return 'none'
  const share = `${(leaf.penaltyBps / 100).toFixed(2)} % of the stake`
  if (settlement === null) return `${share}, not taken yet: anyone may settle it once the report is final`
  if (settlement.refuted) return `none: ${share} was certified and refuted, since the votes contradict it`
  return `${tokensText(BigInt(settlement.charged))} tokens slashed, ${share}`
}
