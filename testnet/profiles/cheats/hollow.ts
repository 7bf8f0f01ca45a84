/** Answers heartbeats and takes every session, and forwards no data. */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import type { ProviderProfile } from '../profile.js'
import { caught } from './check.js'
import { isData, takesAll } from './link.js'

export const hollow: ProviderProfile = {
  describe: 'answers heartbeats, takes sessions and forwards none of their data',
  takesFraction: false,
  deliversKbps: () => 0,
  forwarding: options => ({ module: import.meta.url, options }),
  broken: caught,
}

export const createForwarding = (): Forwarding => ({
  ...takesAll,
  forward: packet => (isData(packet) ? 'drop' : 'now'),
})
