/** How a provider stands, in one or two words. */
import type { ProviderJson, ProviderState } from '../../evidence/schema/providers.js'

export type Standing = Exclude<ProviderState, 'measured'> | 'below threshold' | 'above threshold'

/** @param breachBps the slashing threshold as a share of the claim */
export function standingOf({ state, leaf }: Pick<ProviderJson, 'state' | 'leaf'>, breachBps: number): Standing {
  if (state !== 'measured') return state
  if (leaf === null || leaf.rateKbps === null) return 'unmeasured'
  return leaf.rateKbps * 10_000 < leaf.claimKbps * breachBps ? 'below threshold' : 'above threshold'
}
