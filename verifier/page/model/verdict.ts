/** Why a provider stands as it does, in one sentence. */
import type { ExplanationJson } from '../../evidence/schema/explanation.js'
import { rateText } from '../../evidence/text/figures.js'
import { verifiersText } from '../../evidence/text/verifiers.js'
import { voteReasons } from '../../evidence/text/vote-reasons.js'

export function verdictOf(of: ExplanationJson): string {
  const { leaf, quorum, thresholdKbps, belowThreshold, epoch } = of
  if (leaf.rateKbps === null) {
    const missing =
      quorum.usable < quorum.needed
        ? `there are ${quorum.usable} usable votes of ${quorum.assigned} assigned verifiers; ${quorum.needed} are needed`
        : `${quorum.needed} soak votes must confirm a rate first`
    return `Unmeasured in epoch ${epoch}, because ${missing}. ${uncountedText(of)}`.trim()
  }
  const rate = `Certified at ${rateText(leaf.rateKbps)} of ${rateText(leaf.claimKbps)} claimed in epoch ${epoch}`
  const below = `${belowThreshold} of ${quorum.assigned} votes were below the slashing threshold of ${rateText(thresholdKbps)}`
  if (belowThreshold > 0) return `${rate}: ${below}.`
  return `${rate}, by ${quorum.usable} usable votes of ${quorum.assigned} assigned verifiers.`
}

/** `Verifiers 1–3: no vote arrived.` */
const uncountedText = ({ votes }: ExplanationJson): string =>
  voteReasons(votes.filter(({ counted }) => counted === 'ignored' || counted === 'missing'))
    .map(({ why, verifiers }) => {
      const names = verifiersText(verifiers)
      return `${names[0]!.toUpperCase()}${names.slice(1)}: ${why}.`
    })
    .join(' ')
