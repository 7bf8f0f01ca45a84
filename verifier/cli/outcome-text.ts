import type { OutcomeName } from '../../proto/vote.js'

/** What an outcome means to a person. */
export const OUTCOME_TEXT: Record<OutcomeName, string> = {
  verified: 'verified',
  under: 'below the slashing threshold',
  atLeast: 'at least',
  refused: 'refused',
  dead: 'dead',
  garbage: 'garbage',
  noData: 'no data',
}
