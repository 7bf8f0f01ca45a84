/** What the chain said at the block of each epoch, as rows of the database. */
import type { Hex } from '../../proto/hex.js'
import type { ChainFacts } from '../core/facts.js'
import type { Database } from './database.js'
import { decodeJson, encodeJson } from './json.js'
import { allOf, epochIn, KEY, nameIn } from './layout.js'
import { Newest } from './newest.js'
import type { SealedRows } from './sealed-rows.js'

const AMOUNTS = ['stake', 'rewardsFunded']

export class FactRows {
  readonly #newest = new Newest<ChainFacts>()

  constructor(
    private readonly db: Database,
    private readonly rows: SealedRows,
  ) {}

  async put(facts: ChainFacts): Promise<void> {
    const key = KEY.facts(facts.epoch, facts.blockHash)
    await this.rows.write([[key, encodeJson(facts)]])
    this.#newest.put(facts.epoch, key, facts)
  }

  async get(epoch: number, blockHash: Hex): Promise<ChainFacts | undefined> {
    const key = KEY.facts(epoch, blockHash)
    const newest = this.#newest.get(key)
    if (newest !== undefined) return newest
    const value = await this.rows.get(key)
    return value && (decodeJson(value, AMOUNTS) as ChainFacts)
  }

  /** Epoch and block of the newest facts. */
  async latest(): Promise<Pick<ChainFacts, 'epoch' | 'blockHash'> | undefined> {
    const newest = { ...allOf('facts'), reverse: true, limit: 1 }
    const [key] = await this.rows.guarded(() => this.db.keys(newest).all())
    return key === undefined ? undefined : { epoch: epochIn(key), blockHash: nameIn(key) }
  }

  /** Of the facts before an epoch, once their rows are deleted. */
  forgetBefore(epoch: number): void {
    this.#newest.forgetBefore(epoch)
  }
}
