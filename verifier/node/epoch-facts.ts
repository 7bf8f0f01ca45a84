/**
 * The facts of each epoch, known as soon as B(e) is fixed: those of the chain, the links that the leaves of an older report
 * hold, and the assignment that follows from both.
 */

import { epochEndMs } from '../../proto/epoch.js'
import type { Leaf } from '../../proto/leaf.js'
import { type Assignment, assign } from '../core/assignment/assign.js'
import { AssignedRoots } from '../core/assignment/assigned.js'
import { type BlockFacts, type ChainFacts, withLinks } from '../core/facts.js'
import type { VerifierContext } from './context.js'
import { failOnStoreError, logFailure } from './failures.js'
import { poll, until } from './waiting.js'

export interface EpochRecord {
  readonly facts: ChainFacts
  readonly assignment: Assignment
}

/** How often the node asks the chain whether B(e) is fixed. */
const POLL_MS = 100
/** Epochs kept in memory: the one being measured, the one being agreed on, and some for late messages. */
const KEPT_EPOCHS = 8
/** How long the facts of an old epoch are asked for: a chain node may have forgotten the state of its blocks. */
const OLD_EPOCH_MS = 60_000

/** The chain did not tell the facts of an epoch while anybody needed them. */
export class FactsUnknown extends Error {}

export class EpochFacts {
  readonly #records = new Map<number, Promise<EpochRecord>>()
  /** of the window's receivers, whose hashes all of its epochs share */
  readonly #roots = new AssignedRoots()

  /** @param leavesOf the leaves of an accepted report. Throws if neither this node nor a peer that answers has them */
  constructor(
    private readonly context: Pick<
      VerifierContext,
      'chain' | 'params' | 'epochs' | 'wall' | 'store' | 'stopping' | 'log' | 'fail'
    >,
    private readonly leavesOf: (report: BlockFacts['linkReport']) => Promise<readonly Leaf[]>,
  ) {}

  /**
   * Waits until B(e) is fixed, and while its facts cannot be read: no longer than until the next epoch is over.
   * @throws FactsUnknown then; AbortError when the node stops
   */
  get(epoch: number): Promise<EpochRecord> {
    let record = this.#records.get(epoch)
    if (record === undefined) {
      record = this.#read(epoch)
      record.catch(() => this.#records.delete(epoch))
      this.#records.set(epoch, record)
      this.#records.delete(epoch - KEPT_EPOCHS)
    }
    return record
  }

  /**
   * Asks for as long as the node runs, as work of the background may. @param what waits for the facts
   * @throws AbortError when the node stops
   */
  whenKnown(epoch: number, what: string): Promise<ChainFacts> {
    const lack = (error: Error) =>
      logFailure(this.context, error, `${what} of epoch ${epoch} cannot go on without its facts`)
    const ask = () => this.get(epoch).then(({ facts }) => facts, lack)
    return poll(async () => (await ask()) ?? undefined, POLL_MS, this.context.stopping)
  }

  /** Reads again, because a reorganisation may have replaced B(e) since it was first seen. */
  async reread(epoch: number): Promise<EpochRecord> {
    const known = await this.get(epoch)
    if (await this.context.chain.isBlockOf(epoch, known.facts)) return known
    const facts = await this.context.chain.factsAt(epoch)
    if (facts === undefined || facts.blockHash === known.facts.blockHash) return known
    this.context.log.warn({ epoch, was: known.facts.blockHash, is: facts.blockHash }, 'a reorganisation replaced B(e)')
    const record = await this.#record(facts)
    this.#records.set(epoch, Promise.resolve(record))
    return record
  }

  /**
   * Reads the facts from the chain again, whatever is known of them: one of its nodes may have told something wrong.
   * @throws FactsUnknown
   */
  async readAfresh(epoch: number): Promise<EpochRecord> {
    const record = await this.#read(epoch, true)
    this.#records.set(epoch, Promise.resolve(record))
    return record
  }

  /** @param afresh from the chain, also if the store has them */
  async #read(epoch: number, afresh = false): Promise<EpochRecord> {
    const { chain, epochs, wall, log, stopping } = this.context
    const done = new AbortController()
    const signal = AbortSignal.any([stopping, done.signal])
    let cause: unknown
    const ask = async () => {
      try {
        const kept = afresh ? undefined : await this.#kept(epoch)
        if (kept !== undefined) return this.#recordOf(kept)
        const facts = await chain.factsAt(epoch, signal)
        return facts && (await this.#record(facts))
      } catch (error) {
        signal.throwIfAborted()
        failOnStoreError(this.context, error)
        cause = error
        log.warn({ epoch, error: (error as Error).message }, 'could not read the facts of the epoch, will ask again')
        return undefined
      }
    }
    const lastMs = Math.max(epochEndMs(epochs, epoch + 1), wall.nowMs() + OLD_EPOCH_MS)
    const late = until(lastMs, wall, signal).then(() => {
      throw new FactsUnknown(`The chain did not tell the facts of epoch ${epoch}.`, { cause })
    })
    try {
      return await Promise.race([poll(ask, POLL_MS, signal), late])
    } finally {
      done.abort()
    }
  }

  /** What the store has of B(e): a chain node forgets the state of old blocks, but not the blocks. */
  async #kept(epoch: number): Promise<ChainFacts | undefined> {
    const { chain, store } = this.context
    for (const facts of await store.factsOf(epoch)) if (await chain.isBlockOf(epoch, facts)) return facts
    return undefined
  }

  async #record(read: BlockFacts): Promise<EpochRecord> {
    const facts = withLinks(read, await this.leavesOf(read.linkReport))
    await this.context.store.putFacts(facts)
    return this.#recordOf(facts)
  }

  #recordOf(facts: ChainFacts): EpochRecord {
    return { facts, assignment: assign(facts, this.context.params, this.#roots) }
  }
}
