/**
 * How many tokens a verifier may need of one provider. The assignment draws senders at random, so the need varies: MARGIN
 * standard deviations and a few more cover it, and it is never more than one part in every session. Whoever receives in
 * a window sends heartbeats in all of its epochs.
 */
import { MAX_BUDGET_MS } from '../../../probe/constants.js'
import type { NetworkParams } from '../../../proto/params.js'
import { ticksOf } from './schedule.js'

/** Each assigned session has a second slot, with other senders. */
const TRIES = 2
const MARGIN = 5
const FEW = 3

type NeedParams = Pick<NetworkParams, 'epochSeconds' | 'tickMs' | 'windowEpochs' | 'receivers' | 'senders'>

/** @param verifiers in the frozen set */
export function tokensNeeded(params: NeedParams, verifiers: number, epochs: number): number {
  const receivers = Math.min(params.receivers, verifiers)
  const mean = (epochs * receivers * params.senders) / params.windowEpochs / verifiers
  const parts = Math.min(epochs * receivers, Math.ceil(mean + MARGIN * Math.sqrt(mean) + FEW))
  return TRIES * parts + epochs * heartbeatTokens(params)
}

/**
 * What a verifier holds. It orders once in each epoch, at a random instant: so it must last from an early order in one epoch
 * to a late one in the next.
 */
export const tokensHeld = (params: NeedParams, verifiers: number): number => tokensNeeded(params, verifiers, 2)

/** For an era: what the verifier uses, and what it has left over at the end, or lost when it restarted. */
export const tokenAllowance = (params: NeedParams & Pick<NetworkParams, 'eraEpochs'>, verifiers: number): number =>
  tokensNeeded(params, verifiers, params.eraEpochs) + tokensHeld(params, verifiers)

/** Of an epoch: a token for each session that carries heartbeats, and one more, which may replace a session that broke. */
export const heartbeatTokens = (params: Pick<NetworkParams, 'epochSeconds' | 'tickMs'>): number =>
  Math.min(ticksOf(params), Math.ceil((params.epochSeconds * 1000) / MAX_BUDGET_MS)) + 1
