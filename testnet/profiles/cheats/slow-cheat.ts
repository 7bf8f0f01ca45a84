/** What most cheats have in common: they deliver less than they claim, and want to look faster. */
import type { ProviderProfile } from '../profile.js'
import { caught } from './check.js'
import { DELIVERED_SHARE } from './link.js'

/** @param module its `createForwarding` gets `options`, with the claim and the seed */
export const slowCheat = (module: string, describe: string, options: object = {}): ProviderProfile => ({
  describe,
  takesFraction: false,
  deliversKbps: claimKbps => Math.round(claimKbps * DELIVERED_SHARE),
  forwarding: ({ claimKbps, seed }) => ({ module, options: { ...options, claimKbps, seed } }),
  broken: caught,
})
