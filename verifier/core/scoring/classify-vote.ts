/** What one vote counts as, and why, in words for the operator whose score it makes. */
import { CONTROL_LOSS_BPS, DIRECT_PERCENT, OFFERED_PERCENT } from '../../../probe/verdict/other-limit.js'
import type { NetworkParams } from '../../../proto/params.js'
import { OUTCOME, type Vote } from '../../../proto/vote.js'
import { isBelowThreshold } from './slashing-threshold.js'

/**
 * rate: a reading at or above the slashing threshold. under: a reading that also counts towards a breach. at-least: a lower bound.
 * ignored: says nothing about the provider. missing: no vote.
 */
export type VoteClass = 'rate' | 'under' | 'at-least' | 'ignored' | 'missing'

export interface ClassifiedVote {
  readonly counted: VoteClass
  /** what it counts with: at most the claim, 0 for nothing served or nothing said */
  readonly rateKbps: number
  /** false for a receiver that got nothing it could verify although the provider was there */
  readonly serving: boolean
  readonly why: string
}

/** @param soak whether the epoch is a soak for this provider */
export function classifyVote(
  vote: Vote,
  claimKbps: number,
  soak: boolean,
  params: Pick<NetworkParams, 'breachBps'>,
): ClassifiedVote {
  const rateKbps = Math.min(vote.rateKbps, claimKbps)
  const low = isBelowThreshold(rateKbps, claimKbps, params.breachBps)
  const unserving = (why: string): ClassifiedVote => ({ counted: 'under', rateKbps: 0, serving: false, why })
  const reading = (counted: VoteClass, why: string): ClassifiedVote => ({ counted, rateKbps, serving: true, why })
  const ignored = (why: string): ClassifiedVote => ({ counted: 'ignored', rateKbps: 0, serving: true, why })

  if (vote.soak !== soak) return ignored(soak ? 'its session was no soak, as was due' : 'a soak that was not due')
  const doubt = doubtOf(vote, claimKbps)
  switch (vote.outcome) {
    case OUTCOME.verified:
      return low
        ? ignored('it says that the claim was kept, with a rate below the slashing threshold')
        : reading('rate', 'measured')
    case OUTCOME.under:
      if (!low) return reading('rate', 'measured at or above the slashing threshold')
      return doubt
        ? ignored(`the vote does not carry the evidence of a low reading: ${doubt}`)
        : reading('under', 'measured below the slashing threshold, while all else was shown to carry more')
    case OUTCOME.atLeast:
      return low
        ? ignored(`${doubt ?? 'the reading left doubt'}, and the bound is below the slashing threshold`)
        : reading('at-least', `${doubt ?? 'the reading left doubt'}: can raise the rate only`)
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

/** What in a vote's own figures speaks for another limit than the provider; undefined if nothing does. */
function doubtOf({ offeredKbps, controlLossBps, directKbps, rateKbps }: Vote, claimKbps: number): string | undefined {
  if (offeredKbps * 100 < OFFERED_PERCENT * claimKbps) return 'the senders offered too little'
  if (controlLossBps > CONTROL_LOSS_BPS) return 'control datagrams were lost that did not pass through it'
  if (directKbps * 100 < DIRECT_PERCENT * rateKbps) return 'the path without it was not shown to carry more'
  return undefined
}
