import type { Database } from './database.js'
import { storeErrorFrom } from './errors.js'
import { seal, unseal } from './sealed.js'

export type Row = readonly [key: string, value: Uint8Array]

export interface RowRange {
  readonly gte: string
  readonly lt?: string
  readonly lte?: string
  readonly reverse?: boolean
  readonly limit?: number
}

/** Access to the database: each value is sealed with its key, and every error is a StoreError. */
export class SealedRows {
  constructor(
    private readonly db: Database,
    private readonly dir: string,
  ) {}

  get(key: string): Promise<Uint8Array | undefined> {
    return this.guarded(async () => {
      const value = await this.db.get(key)
      return value && unseal(key, value)
    })
  }

  values(range: RowRange): Promise<Uint8Array[]> {
    return this.guarded(async () => {
      const entries = await this.db.iterator(range).all()
      return entries.map(([key, value]) => unseal(key, value))
    })
  }

  /** One after the other, of the database as it is now. @throws StoreError */
  async *each(range: RowRange): AsyncGenerator<Row> {
    try {
      for await (const [key, value] of this.db.iterator(range)) yield [key, unseal(key, value)]
    } catch (error) {
      throw storeErrorFrom(error, this.dir)
    }
  }

  /**
   * Writes all rows or none.
   * @param sync whether the rows are on disk when this returns
   * @param drop keys of rows to delete afterwards
   */
  write(rows: readonly Row[], sync = false, drop: readonly string[] = []): Promise<void> {
    const puts = rows.map(([key, value]) => ({ type: 'put' as const, key, value: seal(key, value) }))
    const deletes = drop.map(key => ({ type: 'del' as const, key }))
    return this.guarded(() => this.db.batch([...puts, ...deletes], { sync }))
  }

  /** @throws StoreError for whatever the work throws */
  async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw storeErrorFrom(error, this.dir)
    }
  }
}
