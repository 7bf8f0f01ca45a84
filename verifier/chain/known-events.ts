/** The events that were read so far, by what nodes ask of them. Pure. */
import type { Hex } from '../../proto/hex.js'
import type { AnnouncedEvent, ChainEvent, LogChange, Place, PostedEvent, SettledEvent } from '../core/chain-log.js'
import type { Announcement, Settlement } from '../core/ports.js'
import { type AnnouncedPeer, compact, newestOf, peersBetween } from './announcements.js'

export class KnownEvents {
  /** by role and account, each in order */
  readonly #announced = new Map<string, AnnouncedEvent[]>()
  /** keys of `#announced` that may become shorter */
  readonly #long = new Set<string>()
  /** by header hash; a reorganisation can post a header again */
  readonly #posted = new Map<Hex, PostedEvent>()
  /** by provider, each in order */
  readonly #settled = new Map<Hex, SettledEvent[]>()

  /** @param events in the order of the log, and later than all that are known */
  add(events: readonly ChainEvent[]): void {
    for (const event of events) {
      if (event.kind === 'posted') this.#posted.set(event.headerHash, event)
      if (event.kind === 'settled') push(this.#settled, event.settlement.provider, event)
      if (event.kind === 'announced') {
        const { role, account } = event.announcement
        const list = push(this.#announced, `${role} ${account}`, event)
        if (list.length > 1) this.#long.add(`${role} ${account}`)
      }
    }
  }

  /** Forgets all events after a block. @returns where they stood */
  rewind(block: number): Place[] {
    const posted = [...this.#posted.values()].filter(event => event.block > block)
    for (const { headerHash } of posted) this.#posted.delete(headerHash)
    return [...posted, ...cut(this.#settled, block), ...cut(this.#announced, block)]
  }

  /** @param floor block that is older than any that a reorganisation may replace. @returns what became shorter */
  compact(floor: number): LogChange {
    const changes = [...this.#long].map(key => {
      const { kept, ...change } = compact(this.#announced.get(key) ?? [], floor)
      if (kept.length > 0) this.#announced.set(key, kept)
      if (kept.every(({ block }) => block <= floor)) this.#long.delete(key)
      return change
    })
    return { put: changes.flatMap(({ put }) => put), drop: changes.flatMap(({ drop }) => drop) }
  }

  /** The newest announcement of every account: first verifiers, then providers, each ascending by index. */
  announcements(): Announcement[] {
    const newest = [...this.#announced.values()].flatMap(events => newestOf(events) ?? [])
    return newest.sort((a, b) => (a.role === b.role ? a.index - b.index : a.role === 'verifier' ? -1 : 1))
  }

  peersBetween(from: number, to: number): AnnouncedPeer[] {
    return [...this.#announced.values()].flatMap(events => peersBetween(events, from, to))
  }

  posted(headerHash: Hex): PostedEvent | undefined {
    return this.#posted.get(headerHash)
  }

  settlements(provider: Hex): Settlement[] {
    return (this.#settled.get(provider) ?? []).map(({ settlement }) => settlement)
  }
}

function push<E>(lists: Map<string, E[]>, key: string, event: E): E[] {
  const list = lists.get(key) ?? []
  list.push(event)
  lists.set(key, list)
  return list
}

function cut<E extends Place>(lists: Map<string, E[]>, block: number): Place[] {
  const gone: Place[] = []
  for (const [key, events] of lists) {
    const kept = events.filter(event => event.block <= block)
    if (kept.length === events.length) continue
    gone.push(...events.slice(kept.length))
    if (kept.length > 0) lists.set(key, kept)
    else lists.delete(key)
  }
  return gone
}
