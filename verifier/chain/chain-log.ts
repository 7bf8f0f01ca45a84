/**
 * The chain's log, read once: each look reads only the blocks since the last one. The hash of the last block tells whether
 * the chain still has what was read. If not, the events since the newest common block are forgotten and read again.
 */
import type { NetworkId } from '../../proto/digests.js'
import type { Hex } from '../../proto/hex.js'
import type { NetworkFile } from '../config/network-file.js'
import type { ChainEvent, Checkpoint, LogChange, LogStore } from '../core/chain-log.js'
import type { Announcement, PostedReport, Settlement } from '../core/ports.js'
import type { AnnouncedPeer } from './announcements.js'
import { blockAt } from './block-search.js'
import { afterReading, stillThere } from './checkpoints.js'
import type { Contracts } from './contracts.js'
import { KnownEvents } from './known-events.js'
import { LogEvents } from './log-events.js'
import { checkpointOf, type LogReader } from './log-reader.js'
import type { RpcProvider } from './rpc-provider.js'

/** What a process that keeps nothing has: it reads the log from the deployment on. */
export const NO_LOG_STORE: LogStore = {
  readLog: async () => ({ progress: undefined, events: [] }),
  changeLog: async () => {},
}

export interface ChainLogOptions {
  readonly provider: RpcProvider
  readonly logReader: LogReader
  readonly file: NetworkFile
  readonly contracts: Contracts
  readonly store: LogStore
}

export class ChainLog {
  readonly #events: LogEvents
  #known = new KnownEvents()
  #checkpoints: Checkpoint[] = []
  #isLoaded = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(private readonly options: ChainLogOptions) {
    this.#events = new LogEvents(options.contracts)
  }

  /** All that the log holds. What is returned changes when somebody looks again. */
  known(): Promise<KnownEvents> {
    return this.#upToDate()
  }

  /** The newest announcement of every account: first verifiers, then providers, each ascending by index. */
  async announcements(): Promise<readonly Announcement[]> {
    return (await this.#upToDate()).announcements()
  }

  /** Every peer that an account had announced and not yet replaced, at some time between two blocks. */
  async peersBetween(from: number, to: number): Promise<AnnouncedPeer[]> {
    return (await this.#upToDate()).peersBetween(from, to)
  }

  /** The transaction that posted a report. */
  async postedIn(headerHash: Hex): Promise<PostedReport['txHash'] | undefined> {
    return (await this.#upToDate()).posted(headerHash)?.txHash
  }

  async settlements(provider: Hex): Promise<Settlement[]> {
    return (await this.#upToDate()).settlements(provider)
  }

  /**
   * Reads the whole log again, unless it was read only up to an earlier block. Of a chain node that hid one event, nobody
   * knows what else it hid. @param block that holds an event which this log lacks
   */
  lacks(block: number): Promise<void> {
    return this.#inTurn(async () => {
      if ((this.#checkpoints.at(-1)?.number ?? 0) < block) return
      this.#checkpoints = []
      await this.#keep({ put: [], drop: this.#known.rewind(-1) })
    })
  }

  async #upToDate(): Promise<KnownEvents> {
    await this.#inTurn(() => this.options.provider.patiently('the log', () => this.#readOn()))
    return this.#known
  }

  /** One look after another, since two at once would read the same blocks. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    await turn
  }

  async #readOn(): Promise<void> {
    if (!this.#isLoaded) await this.#load()
    const { provider, logReader, file } = this.options
    const head = await blockAt(provider, 'latest')
    const last = this.#checkpoints.at(-1)
    if (last?.hash === head.hash) return
    if (last?.hash !== head.parentHash) await this.#rewind()
    const from = (this.#checkpoints.at(-1)?.number ?? file.deployBlock - 1) + 1
    for await (const { logs, last } of logReader.pages(this.#events.filter, from, checkpointOf(head))) {
      const events = logs.flatMap(log => this.#events.decode(log) ?? [])
      this.#known.add(events)
      this.#checkpoints = afterReading(this.#checkpoints, last)
      const { put, drop } = this.#known.compact(this.#checkpoints[0]!.number)
      await this.#keep({ put: [...events, ...put], drop })
    }
  }

  /** Back to the newest block that the chain still has. */
  async #rewind(): Promise<void> {
    const common = await stillThere(this.options.provider, this.#checkpoints)
    if (common.length === this.#checkpoints.length) return
    this.#checkpoints = common
    await this.#keep({ put: [], drop: this.#known.rewind(common.at(-1)?.number ?? -1) })
  }

  async #load(): Promise<void> {
    const { progress, events } = await this.options.store.readLog()
    const { chainId, contract } = this.#network
    const isOwn =
      progress?.network.chainId === chainId && progress.network.contract === contract && events.every(isCurrent)
    this.#known = new KnownEvents()
    this.#checkpoints = isOwn ? [...progress.checkpoints] : []
    if (isOwn) this.#known.add(events)
    else if (progress !== undefined) await this.#keep({ put: [], drop: events })
    this.#isLoaded = true
  }

  async #keep(change: LogChange): Promise<void> {
    try {
      await this.options.store.changeLog(change, { network: this.#network, checkpoints: this.#checkpoints })
    } catch (error) {
      this.#isLoaded = false // what is in memory is ahead of what is kept, so the next look starts from the latter
      throw error
    }
  }

  get #network(): NetworkId {
    const { chainId, contracts } = this.options.file
    return { chainId, contract: contracts.epochReports }
  }
}

/** Whether an event has the form of today. If one has not, the log is read again, once. */
const isCurrent = (event: ChainEvent): boolean => event.kind !== 'posted' || event.epoch !== undefined
