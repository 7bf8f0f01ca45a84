/** An explanation for a person: the answer first, then how it follows, the votes, and the proof. No line is over 120 columns. */
import type { ExplanationJson } from '../../evidence/schema/explanation.js'
import { answerText } from './answer.js'
import { outlookText } from './outlook.js'
import { partsText } from './parts.js'
import { proofText } from './proof.js'
import { votesText } from './votes.js'

export const explanationText = (of: ExplanationJson): string =>
  [answerText, outlookText, partsText, votesText, proofText].map(text => text(of)).join('\n\n')
