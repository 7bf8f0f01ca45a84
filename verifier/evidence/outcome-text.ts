import type { OutcomeName } from '../../proto/vote.js'
import type { VoteJson } from './schema/explanation.js'

/** An outcome in words, the same wherever a person reads it. */
export const OUTCOME_TEXT: Record<OutcomeName, string> = {
  verified: 'verified',
  under: 'below the slashing threshold',
  atLeast: 'at least',
  refused: 'refused',
  dead: 'dead',
  garbage: 'garbage',
  noData: 'no data',
  noPath: 'no path',
}

/** How a vote counts, in a word. */
export const COUNTED_TEXT: Record<VoteJson['counted'], string> = {
  rate: 'rate',
  under: 'below',
  'at-least': 'at least',
  ignored: 'ignored',
  missing: 'missing',
}
