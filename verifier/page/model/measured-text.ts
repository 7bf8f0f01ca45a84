/** What the verifiers measured in a window, before the rules made one rate of it. */
import type { ExplanationJson } from '../../evidence/schema/explanation.js'
import { mbpsText, rateText } from '../../evidence/text/figures.js'

/** `2.50–2.51 Mbit/s`: the lowest and the highest vote that counts. A group counts with its sum. */
export function measuredText({ votes }: Pick<ExplanationJson, 'votes'>): string {
  const rates = votes
    .filter(({ counted }) => counted === 'rate' || counted === 'under')
    .flatMap(({ rateKbps, group }) => group?.sumKbps ?? rateKbps ?? [])
  if (rates.length === 0) return 'by no vote'
  const [low, high] = [mbpsText(Math.min(...rates)), rateText(Math.max(...rates))]
  return high.startsWith(`${low} `) ? high : `${low}–${high}`
}
