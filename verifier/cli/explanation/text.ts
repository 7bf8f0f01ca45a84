/** An explanation for a person: the answer first, then how it follows, the votes, and the proof. No line is over 120 columns. */
import type { ExplanationJson } from '../../evidence/schema/explanation.js'
import { OUTLOOK_TITLE, outlookParts } from '../../evidence/text/outlook-parts.js'
import { PARTS_TITLE, scoreParts } from '../../evidence/text/score-parts.js'
import { answerText } from './answer.js'
import { fields, section } from './layout.js'
import { proofText } from './proof.js'
import { votesText } from './votes.js'

export const explanationText = (of: ExplanationJson): string =>
  [answerText, outlookText, partsText, votesText, proofText].map(text => text(of)).join('\n\n')

const outlookText = (of: ExplanationJson): string => section(OUTLOOK_TITLE, fields(outlookParts(of)))

const partsText = (of: ExplanationJson): string =>
  section(PARTS_TITLE[of.window.ended ? 'ended' : 'waiting'], fields(scoreParts(of)))
