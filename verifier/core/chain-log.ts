/** The events that a node reads from the chain's log, and where it keeps them. */
import type { NetworkId } from '../../proto/digests.js'
import type { Hex } from '../../proto/hex.js'
import type { Announcement, Settlement } from './ports.js'

export interface Place {
  readonly block: number
  /** position in the block's log */
  readonly logIndex: number
}

export type AnnouncedEvent = Place & { readonly kind: 'announced'; readonly announcement: Announcement }
export type PostedEvent = Place & {
  readonly kind: 'posted'
  readonly epoch: number
  readonly headerHash: Hex
  readonly txHash: Hex
}
export type SettledEvent = Place & { readonly kind: 'settled'; readonly settlement: Settlement }
export type ChainEvent = AnnouncedEvent | PostedEvent | SettledEvent

/** A block up to which the log was read. */
export interface Checkpoint {
  readonly number: number
  readonly hash: Hex
}

/** How far the log of a network was read. */
export interface Progress {
  readonly network: NetworkId
  /** ascending; after a reorganisation, the node reads on from the newest that the chain still has */
  readonly checkpoints: readonly Checkpoint[]
}

export interface LogChange {
  readonly put: readonly ChainEvent[]
  readonly drop: readonly Place[]
}

export interface LogStore {
  /** In the order of the log. `progress` is undefined before the first change. */
  readLog(): Promise<{ readonly progress: Progress | undefined; readonly events: ChainEvent[] }>
  /** All or nothing. */
  changeLog(change: LogChange, progress: Progress): Promise<void>
}
