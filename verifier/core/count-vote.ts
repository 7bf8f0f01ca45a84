/** What one vote counts as, and why, in words for the operator whose score it makes. */
import type { NetworkParams } from '../../proto/params.js'
import { OUTCOME, type Vote } from '../../proto/vote.js'
import { isUnderLine } from './breach-line.js'

/**
 * rate: a reading at or above the line. under: a reading that also counts towards a breach. at-least: a lower bound.
 * ignored: says nothing about the provider. missing: no vote.
 */
export type Counted = 'rate' | 'under' | 'at-least' | 'ignored' | 'missing'

export interface CountedVote {
  readonly counted: Counted
  /** what it counts with: at most the claim, 0 for nothing served or nothing said */
  readonly rateKbps: number
  /** false for a receiver that got nothing it could verify although the provider was there */
  readonly serving: boolean
  readonly why: string
}

export function countVote(vote: Vote, claimKbps: number, params: Pick<NetworkParams, 'breachBps'>): CountedVote {
  const rateKbps = Math.min(vote.rateKbps, claimKbps)
  const low = isUnderLine(rateKbps, claimKbps, params.breachBps)
  const unserving = (why: string): CountedVote => ({ counted: 'under', rateKbps: 0, serving: false, why })
  const reading = (counted: Counted, why: string): CountedVote => ({ counted, rateKbps, serving: true, why })
  const ignored = (why: string): CountedVote => ({ counted: 'ignored', rateKbps: 0, serving: true, why })

  switch (vote.outcome) {
    case OUTCOME.verified:
      return reading('rate', low ? 'measured low, without the evidence that a breach needs' : 'measured')
    case OUTCOME.under:
      return low
        ? reading('under', 'measured under the slashing line')
        : reading('rate', 'measured at or above the line')
    case OUTCOME.atLeast:
      return low
        ? ignored('something other than the provider may have been the limit, and the bound is under the line')
        : reading('at-least', 'something other than the provider may have been the limit: can raise the rate only')
    case OUTCOME.refused:
      return unserving('the provider was up and took no session')
    case OUTCOME.dead:
      return unserving('the provider took the session and nothing verified arrived')
    case OUTCOME.garbage:
      return unserving('what arrived was not what the senders had committed to')
    case OUTCOME.noData:
      return ignored('nothing can be said about the provider')
    default:
      return ignored(`outcome ${vote.outcome} is unknown`)
  }
}
