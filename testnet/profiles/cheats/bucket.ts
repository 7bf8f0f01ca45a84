/**
 * Claims five times its sustained rate, relying on a token bucket: a burst is fast, everything after it is slow. Several
 * sessions in one epoch empty the bucket; if sessions are far apart, soaks last longer than the bucket.
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
