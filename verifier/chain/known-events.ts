/** The events that were read so far, by what nodes ask of them. Pure. */
import type { Hex } from '../../proto/hex.js'
import type { AnnouncedEvent, ChainEvent, LogChange, Place, PostedEvent, SettledEvent } from '../core/chain-log.js'
import type { Announcement, Settlement } from '../core/ports.js'
import { type AnnouncedPeer, compact, newestOf, peersBetween } from './announcements.js'

export class KnownEvents {
  /** by role and account, each in order */
  readonly #announced = new Map<string, AnnouncedEvent[]>()
  /** of each list its newest, the same object as long as it is */
  readonly #newest = new Map<string, Announcement>()
  /** the values of `#newest` in their order; undefined after a change */
  #sorted: readonly Announcement[] | undefined
  /** keys of `#announced` that may become shorter */
  readonly #long = new Set<string>()
  /** by header hash; a reorganisation can post a header again */
  readonly #posted = new Map<Hex, PostedEvent>()
  readonly #postedIn = new Map<number, PostedEvent>()
  /** by provider, each in order */
  readonly #settled = new Map<Hex, SettledEvent[]>()
  #lastPosted: PostedEvent | undefined
  #version = 0

  /** @param events in the order of the log, and later than all that are known */
  add(events: readonly ChainEvent[]): void {
    const changed = new Set<string>()
    if (events.length > 0) this.#version++
    for (const event of events) {
      if (event.kind === 'posted') {
        this.#posted.set(event.headerHash, event)
        this.#postedIn.set(event.epoch, event)
        if (event.epoch >= (this.#lastPosted?.epoch ?? 0)) this.#lastPosted = event
      }
      if (event.kind === 'settled') push(this.#settled, event.settlement.provider, event)
      if (event.kind === 'announced') {
        const key = `${event.announcement.role} ${event.announcement.account}`
        const list = push(this.#announced, key, event)
        if (list.length > 1) this.#long.add(key)
        changed.add(key)
      }
    }
    this.#renew(changed)
  }

  /** Forgets all events after a block. @returns where they stood */
  rewind(block: number): Place[] {
    this.#version++
    const posted = [...this.#posted.values()].filter(event => event.block > block)
    for (const { headerHash, epoch } of posted) {
      this.#posted.delete(headerHash)
      this.#postedIn.delete(epoch)
    }
    if (posted.length > 0) this.#lastPosted = newestReport(this.#postedIn.values())
    const gone = cut(this.#announced, block)
    this.#renew(gone.map(({ announcement: { role, account } }) => `${role} ${account}`))
    return [...posted, ...cut(this.#settled, block), ...gone]
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
  announcements(): readonly Announcement[] {
    this.#sorted ??= [...this.#newest.values()].sort((a, b) =>
      a.role === b.role ? a.index - b.index : a.role === 'verifier' ? -1 : 1,
    )
    return this.#sorted
  }

  peersBetween(from: number, to: number): AnnouncedPeer[] {
    return [...this.#announced.values()].flatMap(events => peersBetween(events, from, to))
  }

  posted(headerHash: Hex): PostedEvent | undefined {
    return this.#posted.get(headerHash)
  }

  /** The report that the chain accepted of an epoch. */
  postedIn(epoch: number): PostedEvent | undefined {
    return this.#postedIn.get(epoch)
  }

  /** The newest report that the chain accepted. */
  get lastPosted(): PostedEvent | undefined {
    return this.#lastPosted
  }

  settlements(provider: Hex): Settlement[] {
    return (this.#settled.get(provider) ?? []).map(({ settlement }) => settlement)
  }

  /** Every provider of which a penalty was taken or refuted. */
  get settledProviders(): Hex[] {
    return [...this.#settled.keys()]
  }

  /** Changes with the events. */
  get version(): number {
    return this.#version
  }

  /** @param keys of the lists that changed */
  #renew(keys: Iterable<string>): void {
    for (const key of keys) {
      const newest = newestOf(this.#announced.get(key) ?? [])
      if (newest === undefined) this.#newest.delete(key)
      else this.#newest.set(key, newest)
      this.#sorted = undefined
    }
  }
}

function newestReport(events: Iterable<PostedEvent>): PostedEvent | undefined {
  let newest: PostedEvent | undefined
  for (const event of events) if (newest === undefined || event.epoch > newest.epoch) newest = event
  return newest
}

function push<E>(lists: Map<string, E[]>, key: string, event: E): E[] {
  const list = lists.get(key) ?? []
  list.push(event)
  lists.set(key, list)
  return list
}

function cut<E extends Place>(lists: Map<string, E[]>, block: number): E[] {
  const gone: E[] = []
  for (const [key, events] of lists) {
    const kept = events.filter(event => event.block <= block)
    if (kept.length === events.length) continue
    gone.push(...events.slice(kept.length))
    if (kept.length > 0) lists.set(key, kept)
    else lists.delete(key)
  }
  return gone
}
