/** The facts of each epoch, known as soon as B(e) is fixed: those of the chain, and the assignment that follows from them. */
import { type Assignment, assign } from '../core/assignment/assign.js'
import type { ChainFacts } from '../core/facts.js'
import type { VerifierContext } from './context.js'
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

  constructor(private readonly context: Pick<VerifierContext, 'chain' | 'params' | 'store' | 'stopping' | 'log'>) {}

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
    const [known, facts] = await Promise.all([this.get(epoch), this.context.chain.factsAt(epoch)])
    if (facts === undefined || facts.blockHash === known.facts.blockHash) return known
    this.context.log.warn({ epoch, was: known.facts.blockHash, is: facts.blockHash }, 'a reorganisation replaced B(e)')
    const record = this.#record(facts)
    this.#records.set(epoch, Promise.resolve(record))
    return record
  }

  async #read(epoch: number): Promise<EpochRecord> {
    const { chain, log, store, stopping } = this.context
    const ask = () =>
      chain.factsAt(epoch).catch((error: Error) => {
        log.warn({ epoch, error: error.message }, 'could not read the facts of the epoch, will ask again')
        return undefined
      })
    const facts = await poll(ask, POLL_MS, stopping)
    await store.putFacts(facts)
    return this.#record(facts)
  }

  #record(facts: ChainFacts): EpochRecord {
    return { facts, assignment: assign(facts, this.context.params) }
  }
}
