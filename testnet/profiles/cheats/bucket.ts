/**
 * Claims five times its rate on the strength of a token bucket: a burst is fast, all that follows is not. In an epoch with
 * several sessions the bucket runs dry; where sessions are far apart, soaks outlast it.
 */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import type { ProviderProfile } from '../profile.js'
import { caught } from './check.js'
import { Link, takesAll } from './link.js'

const MB = 1_000_000
/** Claim over sustained rate. */
export const FOLD = 5

const bucketOf = (megabytes: number): ProviderProfile => ({
  describe: `delivers a fifth of its claim, behind a token bucket of ${megabytes} MB`,
  takesFraction: false,
  deliversKbps: claimKbps => Math.round(claimKbps / FOLD),
  forwarding: ({ claimKbps }) => ({ module: import.meta.url, options: { claimKbps, bytes: megabytes * MB } }),
  broken: caught,
})

export const bucket = bucketOf(8)
export const bigbucket = bucketOf(32)

export function createForwarding({ claimKbps, bytes }: { claimKbps: number; bytes: number }): Forwarding {
  const link = new Link(claimKbps / FOLD, bytes)
  return { ...takesAll, forward: (packet, nowMs) => (link.takes(packet, nowMs) ? 'now' : 'drop') }
}
