/**
 * The facts of each epoch, known as soon as B(e) is fixed: those of the chain, the links that the leaves of an older report
 * hold, and the assignment that follows from both.
 */

import type { Leaf } from '../../proto/leaf.js'
import { type Assignment, assign } from '../core/assignment/assign.js'
import { AssignedRoots } from '../core/assignment/assigned.js'
import { type BlockFacts, type ChainFacts, withLinks } from '../core/facts.js'
import type { VerifierContext } from './context.js'
import { failOnStoreError } from './failures.js'
import { poll } from './waiting.js'

export interface EpochRecord {
  readonly facts: ChainFacts
  readonly assignment: Assignment
}

/** How often the node asks the chain whether B(e) is fixed. */
const POLL_MS = 100
/** Epochs kept in memory: the one being measured, the one being agreed on, and some for late messages. */
const KEPT_EPOCHS = 8

export class EpochFacts {
  readonly #records = new Map<number, Promise<EpochRecord>>()
  /** of the window's receivers, whose hashes all of its epochs share */
  readonly #roots = new AssignedRoots()

  /** @param leavesOf the leaves of an accepted report. Throws if neither this node nor a peer that answers has them */
  constructor(
    private readonly context: Pick<VerifierContext, 'chain' | 'params' | 'store' | 'stopping' | 'log' | 'fail'>,
    private readonly leavesOf: (report: BlockFacts['linkReport']) => Promise<readonly Leaf[]>,
  ) {}

  /** Waits until B(e) is fixed. @throws AbortError when the node stops */
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

  async #read(epoch: number): Promise<EpochRecord> {
    const { chain, log, stopping } = this.context
    const ask = async () => {
      try {
        const facts = await chain.factsAt(epoch)
        return facts && (await this.#record(facts))
      } catch (error) {
        failOnStoreError(this.context, error)
        log.warn({ epoch, error: (error as Error).message }, 'could not read the facts of the epoch, will ask again')
        return undefined
      }
    }
    return poll(ask, POLL_MS, stopping)
  }

  async #record(read: BlockFacts): Promise<EpochRecord> {
    const facts = withLinks(read, await this.leavesOf(read.linkReport))
    await this.context.store.putFacts(facts)
    return { facts, assignment: assign(facts, this.context.params, this.#roots) }
  }
}
