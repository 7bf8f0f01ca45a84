/**
 * How many tokens a verifier may need of one provider. The assignment draws senders and receivers at random, so the need
 * varies: MARGIN standard deviations and a few more cover it, and it is never more than one part in every session.
 */
import { MAX_BUDGET_MS } from '../../../probe/constants.js'
import type { NetworkParams } from '../../../proto/params.js'
import { ticksOf } from './schedule.js'

/** A session that failed is tried once more. */
const TRIES = 2
const MARGIN = 5
const FEW = 3

type NeedParams = Pick<NetworkParams, 'epochSeconds' | 'tickMs' | 'receivers' | 'senders'>

/** @param verifiers in the frozen set */
export function tokensNeeded(params: NeedParams, verifiers: number, epochs: number): number {
  const receivers = Math.min(params.receivers, verifiers)
  const parts = atMost((receivers * params.senders) / verifiers, receivers, epochs)
  const receiving = atMost(receivers / verifiers, 1, epochs)
  return TRIES * (parts + receiving * heartbeatSessions(params))
}

/** For an era: what the verifier uses, and one epoch's need that it has left over, or lost when it restarted. */
export const tokenAllowance = (params: NeedParams & Pick<NetworkParams, 'eraEpochs'>, verifiers: number): number =>
  tokensNeeded(params, verifiers, params.eraEpochs) + tokensNeeded(params, verifiers, 1)

/** Unpaid sessions that carry a verifier's heartbeats through an epoch. */
const heartbeatSessions = (params: NeedParams): number =>
  Math.min(ticksOf(params), Math.ceil((params.epochSeconds * 1000) / MAX_BUDGET_MS))

/** @param mean of an epoch @param most in an epoch */
function atMost(mean: number, most: number, epochs: number): number {
  const sum = mean * epochs
  return Math.min(most * epochs, Math.ceil(sum + MARGIN * Math.sqrt(sum) + FEW))
}
