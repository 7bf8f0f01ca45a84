/** One sentence on where a verifier stands in an epoch, for logs and people: one for every phase. */
import type { HeardCounts } from './heard.js'
import type { Phase } from './phases.js'

export interface Standing {
  readonly epoch: number
  readonly phase: Phase
  /** size of the frozen set */
  readonly n: number
  readonly heard: HeardCounts
  readonly round: number
  /** registry index of the round's leader */
  readonly leader: number
  /** why this verifier did not sign the last proposal; undefined if it signed or saw none */
  readonly refusal: string | undefined
}

export function sentenceOf(standing: Standing): string {
  const { epoch, phase, n, heard, round, leader } = standing
  switch (phase) {
    case 'measuring':
      return `epoch ${epoch} is being measured`
    case 'committing':
    case 'closing':
      return `epoch ${epoch}: commitments of ${heard.commitments} of ${n} verifiers heard`
    case 'revealing':
      return `epoch ${epoch}: ballots of ${heard.ballots} of ${n} verifiers held`
    case 'listing':
      return `epoch ${epoch}: seen lists of ${heard.lists} of ${n} verifiers heard`
    case 'rounds':
      return `epoch ${epoch}: round ${round}, led by verifier ${leader}; ${lackOf(standing)}`
    case 'certified':
      return `epoch ${epoch} is certified`
    case 'missed':
      return `epoch ${epoch}: no certificate heard; ${lackOf(standing)}`
  }
}

/** Why this verifier has no certificate. */
export function lackOf({ n, heard, refusal }: Standing): string {
  const needed = Math.floor((2 * n) / 3) + 1
  if (heard.lists < needed) return `seen lists of ${heard.lists} of ${n} verifiers, ${needed} are needed`
  if (refusal !== undefined) return `this verifier refused ${refusal}`
  return `signatures of ${heard.signatures} of ${n} verifiers, ${needed} are needed`
}
