/** Where the registered nodes say they are reached. Kept in events alone, since the contracts never need it. */
import type { Announcement } from '../core/ports.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { eventsOf } from './events.js'

export const REGISTRY = { verifier: 'verifierRegistry', provider: 'providerRegistry' } as const

const ROLES = ['verifier', 'provider'] as const

/** The newest of every account, verifiers first, each ascending by index. */
export async function readAnnouncements(context: ChainContext): Promise<Announcement[]> {
  const perRole = await Promise.all(ROLES.map(role => newestOf(context, role)))
  return perRole.flat()
}

/** Of one role. @param to the last block, by default the newest */
export async function newestOf(
  context: ChainContext,
  role: Announcement['role'],
  to?: number,
): Promise<Announcement[]> {
  const newest = new Map<number, Announcement>()
  for (const { args } of await eventsOf(context, context.contracts[REGISTRY[role]], 'Announced', [], undefined, to)) {
    const index = Number(args.index)
    newest.set(index, {
      role,
      index,
      account: hex(args.account),
      peerId: args.peerId as string,
      multiaddrs: [...(args.multiaddrs as string[])],
    })
  }
  return [...newest.values()].sort((a, b) => a.index - b.index)
}
