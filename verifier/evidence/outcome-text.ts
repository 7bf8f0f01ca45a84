import type { OutcomeName } from '../../proto/vote.js'

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
