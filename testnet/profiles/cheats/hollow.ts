/**
 * Takes every session, and forwards next to nothing of it: one datagram in a while, since a heartbeat looks like data and
 * is only rarer.
 */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import type { ProviderProfile } from '../profile.js'
import { caught } from './check.js'
import { takesAll } from './link.js'

/** More often than heartbeats come. */
const EVERY_MS = 200

export const hollow: ProviderProfile = {
  describe: 'answers heartbeats, takes sessions and forwards hardly any of their data',
  takesFraction: false,
  deliversKbps: () => 0,
  forwarding: options => ({ module: import.meta.url, options }),
  broken: caught,
}

export function createForwarding(): Forwarding {
  const nextMs = new Map<number, number>()
  return {
    ...takesAll,
    forward: ({ session }, nowMs) => {
      if (nowMs < (nextMs.get(session) ?? 0)) return 'drop'
      nextMs.set(session, nowMs + EVERY_MS)
      return 'now'
    },
  }
}
