/** The announcements of one account in one role, from the chain's log. Pure: lists in, lists out. */
import type { AnnouncedEvent, LogChange } from '../core/chain-log.js'
import type { Announcement } from '../core/ports.js'

export interface Compacted extends LogChange {
  readonly put: readonly AnnouncedEvent[]
  /** all that remains, in order */
  readonly kept: AnnouncedEvent[]
}

/** What an account was known as at some time. */
export type AnnouncedPeer = Pick<Announcement, 'role' | 'index' | 'account' | 'peerId'>

/**
 * The newest announcement of an account. The first token key counts for good. Otherwise an account could show each
 * verifier a key of its own.
 * @param events of one account, in order
 */
export function newestOf(events: readonly AnnouncedEvent[]): Announcement | undefined {
  const newest = events.at(-1)?.announcement
  const tokenKey = events.find(({ announcement }) => announcement.tokenKey !== undefined)?.announcement.tokenKey
  return newest && tokenKey !== undefined ? { ...newest, tokenKey } : newest
}

/**
 * Every peer of an account that was in force at some time: the newest at block `from`, and all later ones up to `to`.
 * @param events of one account, in order
 */
export function peersBetween(events: readonly AnnouncedEvent[], from: number, to: number): AnnouncedPeer[] {
  const first = events.findLastIndex(({ block }) => block <= from)
  return events
    .slice(Math.max(first, 0))
    .filter(({ block }) => block <= to)
    .map(({ announcement: { role, index, account, peerId } }) => ({ role, index, account, peerId }))
}

/**
 * Forgets what nobody asks for: addresses that newer ones replaced, and announcements that changed no peer id. So the cost
 * to readers does not grow with how often an account announces.
 * @param events of one account, in order
 * @param floor block that is older than any that a reorganisation may replace; later events stay as they are
 */
export function compact(events: readonly AnnouncedEvent[], floor: number): Compacted {
  const recent = events.filter(({ block }) => block > floor)
  const runs: AnnouncedEvent[][] = []
  for (const event of events.slice(0, events.length - recent.length)) {
    const run = runs.at(-1)
    if (run?.at(-1)?.announcement.peerId === event.announcement.peerId) run.push(event)
    else runs.push([event])
  }
  const kept = runs.map((run, i): AnnouncedEvent => {
    const newest = newestOf(run)!
    return { ...run[0]!, announcement: i === runs.length - 1 ? newest : { ...newest, multiaddrs: [] } }
  })
  const isChanged = ({ announcement: { multiaddrs } }: AnnouncedEvent, i: number) =>
    runs[i]!.length > 1 || runs[i]![0]!.announcement.multiaddrs.length !== multiaddrs.length
  const drop = runs.flatMap(([, ...repeated]) => repeated)
  return { kept: [...kept, ...recent], put: kept.filter(isChanged), drop }
}
