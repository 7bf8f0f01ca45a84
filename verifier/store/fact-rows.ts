/**
 * What the chain said at the block of each epoch, as rows of the database. The epochs of a generation share the parts of
 * their lists. A new generation writes all parts again, so a generation can be deleted as a whole.
 */
import type { Hex } from '../../proto/hex.js'
import type { ChainFacts } from '../core/facts.js'
import type { Database } from './database.js'
import { decodeFactsHead, decodeProviders, decodeVerifiers, encodeFacts } from './fact-format.js'
import { allOf, beforeEpoch, epochIn, KEY, nameIn, ofEpoch } from './layout.js'
import { Newest } from './newest.js'
import { missingValue } from './sealed.js'
import type { SealedRows } from './sealed-rows.js'

/** Epochs that share parts. A network without changes writes each list once in so many epochs. */
const GENERATION_EPOCHS = 64

export class FactRows {
  readonly #newest = new Newest<ChainFacts>()

  constructor(
    private readonly db: Database,
    private readonly rows: SealedRows,
  ) {}

  async put(facts: ChainFacts): Promise<void> {
    const { head, parts } = encodeFacts(facts)
    const generation = generationOf(facts.epoch)
    const names = await this.rows.guarded(() => this.db.keys(ofEpoch('facts-part', generation)).all())
    const held = new Set<string>(names.map(nameIn))
    const missing = [...parts].filter(([name]) => !held.has(name))
    const key = KEY.facts(facts.epoch, facts.blockHash)
    await this.rows.write([
      [key, head],
      ...missing.map(([name, part]) => [KEY.factsPart(generation, name), part] as const),
    ])
    this.#newest.put(facts.epoch, key, facts)
  }

  async get(epoch: number, blockHash: Hex): Promise<ChainFacts | undefined> {
    const key = KEY.facts(epoch, blockHash)
    const newest = this.#newest.get(key)
    if (newest !== undefined) return newest
    const value = await this.rows.get(key)
    if (value === undefined) return undefined
    const { verifierPart, providerParts, ...facts } = decodeFactsHead(value)
    const keys = [verifierPart, ...providerParts].map(name => KEY.factsPart(generationOf(epoch), name))
    const parts = await Promise.all(keys.map(part => this.rows.get(part)))
    const held = parts.filter(part => part !== undefined)
    if (held.length < keys.length) {
      if ((await this.rows.get(key)) === undefined) return undefined // it was pruned meanwhile
      return this.rows.guarded(() => Promise.reject(missingValue(keys[parts.indexOf(undefined)]!)))
    }
    const [verifiers, ...providers] = held
    return { ...facts, verifiers: decodeVerifiers(verifiers!), providers: providers.flatMap(decodeProviders) }
  }

  /** All facts of an epoch: of each block that was B(e), on some branch. */
  async of(epoch: number): Promise<ChainFacts[]> {
    const keys = await this.rows.guarded(() => this.db.keys(ofEpoch('facts-head', epoch)).all())
    const facts = await Promise.all(keys.map(key => this.get(epoch, nameIn(key))))
    return facts.filter(one => one !== undefined)
  }

  /** Epoch and block of the newest facts. */
  async latest(): Promise<Pick<ChainFacts, 'epoch' | 'blockHash'> | undefined> {
    const newest = { ...allOf('facts-head'), reverse: true, limit: 1 }
    const [key] = await this.rows.guarded(() => this.db.keys(newest).all())
    return key === undefined ? undefined : { epoch: epochIn(key), blockHash: nameIn(key) }
  }

  /** The keys of all rows of facts before an epoch, and of the parts that no later epoch needs. */
  async keysBefore(epoch: number): Promise<string[]> {
    const heads = await this.db.keys(beforeEpoch('facts-head', epoch)).all()
    return [...heads, ...(await this.db.keys(beforeEpoch('facts-part', generationOf(epoch))).all())]
  }

  /** Of the facts before an epoch, once their rows are deleted. */
  forgetBefore(epoch: number): void {
    this.#newest.forgetBefore(epoch)
  }
}

/** Its first epoch. */
const generationOf = (epoch: number): number => epoch - (epoch % GENERATION_EPOCHS)
