import type { Stake } from '../chain/stake.js'
import type { ProviderPageJson } from './schema/providers.js'

/** An account's stake in the vault, as JSON. */
export const bondJson = ({ active, unbonding, releaseAt, free }: Stake): ProviderPageJson['bond'] => ({
  ...{ active: active.toString(), unbonding: unbonding.toString(), free: free.toString() },
  releaseAt: releaseAt ?? null,
})
