/** The short answer: the score and what it is made of, the rate, and what it cost. */
import type { ExplanationJson } from '../../evidence/schema/explanation.js'
import { throughputOf, windowBits } from '../../evidence/score-parts.js'
import { breachText, rateText, shareText } from '../../evidence/text/figures.js'
import { penaltyText } from '../../evidence/text/penalty.js'
import { field } from './layout.js'

export function answerText(of: ExplanationJson): string {
  const { leaf } = of
  const failed = of.checks.filter(({ holds }) => !holds).length
  return [
    `Provider ${of.provider} in epoch ${of.epoch}\n`,
    ...(failed === 0 ? [] : [field('✗ UNPROVEN', `${failed} of ${of.checks.length} checks failed; see the end.`)]),
    field(
      'Score',
      `${shareText(leaf.scoreBps)} = throughput T ${throughputOf(leaf).toFixed(6)} · uptime U ${shareText(leaf.uptimeBps)}; tier ${leaf.tier}`,
    ),
    field(
      'Rate',
      leaf.rateKbps === null
        ? `unmeasured; the claim is ${rateText(leaf.claimKbps)}`
        : `certified ${rateText(leaf.rateKbps)} of ${rateText(leaf.claimKbps)} claimed`,
    ),
    field(
      'Breaches',
      `${breachText(windowBits(of))} in the last five windows that count, latest last; three cost stake, and a penalty clears them`,
    ),
    field('Penalty', penaltyText(of)),
  ].join('\n')
}
