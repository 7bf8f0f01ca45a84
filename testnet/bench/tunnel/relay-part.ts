/** A provider's relay in a process of its own. It takes sessions over plain TCP, and believes every payment. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Payments } from '../../../probe/ports.js'
import { everybodyReserved, Relay } from '../../../probe/relay/relay.js'
import { systemClock, systemRandom } from '../../../probe/system.js'
import { PROVIDER_KEYS } from '../../lab/session.js'
import { framed } from '../framed-stream.js'
import { claimOf } from './grants.js'
import type { Part, RoleOptions } from './role-messages.js'

export async function relayPart({ host, grantKbps }: RoleOptions): Promise<Part> {
  const relay = await Relay.open({
    ...{ host, port: 0, claimKbps: claimOf(grantKbps!), access: everybodyReserved, payments: believing() },
    ...{ ...PROVIDER_KEYS, clock: systemClock, random: systemRandom },
  })
  const server = createServer(socket => void relay.serve(framed(socket), 'client'))
  server.listen(0, host)
  await once(server, 'listening')
  return { first: { ready: (server.address() as AddressInfo).port }, handle: async () => ({ done: true }) }
}

/** Counts what vouchers name. Their signatures are not what this bench measures. */
function believing(): Payments {
  const totals = new Map<string, number>()
  return {
    accept: async ({ channel, total }) => {
      const bytes = total - (totals.get(channel) ?? 0)
      if (bytes <= 0) return undefined
      totals.set(channel, total)
      return { bytes, isPremium: false }
    },
  }
}
