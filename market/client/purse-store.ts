/**
 * The rows of a purse on the disk. After a write that failed, none succeeds any more, also of those that were under way:
 * LevelDB goes on after a failed write, and may lose what it then takes.
 */
import { Level } from 'level'
import type { Hex } from '../../proto/hex.js'
import { UserError } from '../../verifier/config/errors.js'
import { levelFault } from '../core/level-fault.js'

/** A key with its new row, or with none any more. */
export type Change<Row> = readonly [key: Hex, row: Row | undefined]

export class PurseStore<Row> {
  readonly #path: string
  readonly #level: Level<Hex, Row>
  readonly #onFault: (fault: UserError) => void
  #fault: UserError | undefined

  private constructor(path: string, level: Level<Hex, Row>, onFault: (fault: UserError) => void) {
    this.#path = path
    this.#level = level
    this.#onFault = onFault
  }

  /** @param path of a folder, which is made if it does not exist. @param onFault hears of a write that fails. @throws UserError 'store' */
  static async open<Row>(path: string, onFault: (fault: UserError) => void): Promise<PurseStore<Row>> {
    const level = new Level<Hex, Row>(path, { valueEncoding: 'json' })
    await level.open().catch(cause => {
      throw levelFault(`the purse in ${path}`, cause)
    })
    return new PurseStore(path, level, onFault)
  }

  all(): Promise<[Hex, Row][]> {
    return this.#level.iterator().all()
  }

  /** All of the changes or none. Resolves once they would survive a power failure. @throws UserError 'store' */
  async write(...changes: Change<Row>[]): Promise<void> {
    if (this.#fault === undefined) {
      const batch = changes.map(([key, value]) =>
        value === undefined ? ({ type: 'del', key } as const) : ({ type: 'put', key, value } as const),
      )
      await this.#level.batch(batch, { sync: true }).catch(cause => this.#fail(cause))
    }
    if (this.#fault !== undefined) throw this.#fault
  }

  close(): Promise<void> {
    return this.#level.close()
  }

  #fail(cause: Error): void {
    if (this.#fault !== undefined) return
    const what = `Cannot write to the purse in ${this.#path}: ${cause.message}`
    this.#fault = new UserError('store', `${what}. Free the disk, then start the client again.`, { cause })
    this.#onFault(this.#fault)
  }
}
