/**
 * Events that few nodes need, read once, and kept in memory: each look reads only the blocks since the last one (ADR 32).
 * What every node needs is in chain-log.ts.
 */
import type { Checkpoint, Place } from '../core/chain-log.js'
import { blockAt } from './block-search.js'
import { afterReading, stillThere } from './checkpoints.js'
import type { ChainContext } from './context.js'
import { EventDecoder, type Source } from './event-decoder.js'
import { checkpointOf, type LogFilter } from './log-reader.js'

export interface Followed<C> {
  readonly sources: readonly Source<C>[]
  /** of the indexed arguments, the same for all sources (default: any) */
  readonly topics?: LogFilter['topics']
  /** Of events with the same key, only the newest is kept, once no reorganisation can take it back. */
  readonly keyOf: (event: C) => string
}

/**
 * Blocks that each look reads once more. A node that lags answers for blocks that it does not have yet as if nothing had
 * happened in them, and the answers of one look may come from several nodes.
 */
const AGAIN_BLOCKS = 32

export class FollowedEvents<C extends object> {
  readonly #decoder: EventDecoder<C>
  readonly #filter: LogFilter
  #events: (Place & C)[] = []
  #checkpoints: Checkpoint[] = []
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly context: ChainContext,
    private readonly followed: Followed<C>,
  ) {
    this.#decoder = new EventDecoder(followed.sources)
    const { address, topics } = this.#decoder.filter
    this.#filter = { address, topics: [...topics, ...(followed.topics ?? [])] }
  }

  /** In the order of the log. An event that a reorganisation moved is another object. @throws RpcFault */
  known(): Promise<readonly (Place & C)[]> {
    // One look after another, since two at once would read the same blocks.
    const turn = this.#last.then(() => this.context.provider.patiently('the log', () => this.#readOn()))
    this.#last = turn.catch(() => undefined)
    return turn.then(() => this.#events)
  }

  async #readOn(): Promise<void> {
    const { provider, logReader, file } = this.context
    const head = await blockAt(provider, 'latest')
    const last = this.#checkpoints.at(-1)
    if (last?.hash === head.hash) return
    if (last?.hash !== head.parentHash) this.#rewind(await stillThere(provider, this.#checkpoints))
    const from = Math.max(file.deployBlock, (this.#checkpoints.at(-1)?.number ?? 0) + 1 - AGAIN_BLOCKS)
    for await (const { logs, last } of logReader.pages(this.#filter, from, checkpointOf(head))) {
      const fresh = this.#unknown(logs.flatMap(log => this.#decoder.decode(log) ?? []))
      if (last.number > (this.#checkpoints.at(-1)?.number ?? -1))
        this.#checkpoints = afterReading(this.#checkpoints, last)
      if (fresh.length > 0) this.#events = inOrder(this.#events.concat(fresh))
      this.#events = this.#compact(this.#events, this.#checkpoints[0]!.number)
    }
  }

  /** Whoever holds an event by its object goes on holding it. */
  #unknown(events: readonly (Place & C)[]): readonly (Place & C)[] {
    const first = events[0]?.block ?? 0
    const known = new Set(this.#events.flatMap(event => (event.block >= first ? [placeOf(event)] : [])))
    return events.filter(event => !known.has(placeOf(event)))
  }

  #rewind(common: Checkpoint[]): void {
    const block = common.at(-1)?.number ?? -1
    this.#checkpoints = common
    this.#events = this.#events.filter(event => event.block <= block)
  }

  /** @param floor block that is older than any that a reorganisation may replace */
  #compact(events: (Place & C)[], floor: number): (Place & C)[] {
    const { keyOf } = this.followed
    const newest = new Map(events.flatMap(event => (event.block <= floor ? [[keyOf(event), event] as const] : [])))
    return events.filter(event => event.block > floor || newest.get(keyOf(event)) === event)
  }
}

const placeOf = ({ block, logIndex }: Place): string => `${block} ${logIndex}`

/** In the order of the log. */
export const inOrder = <E extends Place>(events: readonly E[]): E[] =>
  events.toSorted((a, b) => a.block - b.block || a.logIndex - b.logIndex)
