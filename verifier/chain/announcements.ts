/** The announced addresses of registered nodes. Only events hold them, since the contracts never need an address. */
import type { EventLog } from 'ethers'
import { splitAnnounced } from '../../proto/token.js'
import type { Announcement } from '../core/ports.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { eventsOf } from './events.js'

export const REGISTRY = { verifier: 'verifierRegistry', provider: 'providerRegistry' } as const

const ROLES = ['verifier', 'provider'] as const

/** The newest announcement of every account: first verifiers, then providers, each ascending by index. */
export async function readAnnouncements(context: ChainContext): Promise<Announcement[]> {
  const perRole = await Promise.all(ROLES.map(role => newestOf(context, role)))
  return perRole.flat()
}

/** The newest announcement of every account in one role. @param to the last block (default: the newest) */
async function newestOf(context: ChainContext, role: Announcement['role'], to?: number): Promise<Announcement[]> {
  const newest = new Map<number, Announcement>()
  for (const event of await eventsOf(context, context.contracts[REGISTRY[role]], 'Announced', [], undefined, to)) {
    const announcement = announcementFrom(role, event)
    // The first token key counts for good. Otherwise an account could show each verifier a key of its own.
    const tokenKey = newest.get(announcement.index)?.tokenKey ?? announcement.tokenKey
    newest.set(announcement.index, tokenKey === undefined ? announcement : { ...announcement, tokenKey })
  }
  return [...newest.values()].sort((a, b) => a.index - b.index)
}

/** Every announcement in force at some time: the newest of every account at block `from`, and all later ones up to `to`. */
export async function announcedBetween(context: ChainContext, from: number, to?: number): Promise<Announcement[]> {
  const perRole = await Promise.all(
    ROLES.map(async role => [
      ...(await newestOf(context, role, from)),
      ...(await eventsOf(context, context.contracts[REGISTRY[role]], 'Announced', [], from + 1, to)).map(event =>
        announcementFrom(role, event),
      ),
    ]),
  )
  return perRole.flat()
}

function announcementFrom(role: Announcement['role'], { args }: EventLog): Announcement {
  const texts = args.multiaddrs as string[]
  const { multiaddrs, tokenKey } = splitAnnounced(
    Array.from({ length: texts.length }, (_, i) => textFrom(() => texts[i]!)),
  )
  return {
    role,
    index: Number(args.index),
    account: hex(args.account),
    peerId: textFrom(() => args.peerId),
    multiaddrs,
    ...(tokenKey !== undefined && { tokenKey }),
  }
}

/** The contract takes any bytes as a text. ethers throws an error when bytes that are no UTF-8 are read. */
function textFrom(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
