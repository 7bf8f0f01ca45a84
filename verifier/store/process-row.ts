/** Who the process was that last wrote to the store, whether or not the signing record is still the one that it wrote. */
import type { ProcessIdentity } from '../core/process-identity.js'
import { decodeJson, encodeJson } from './json.js'
import { KEY } from './layout.js'
import type { SealedRows } from './sealed-rows.js'

export class ProcessRow {
  constructor(private readonly rows: SealedRows) {}

  async get(): Promise<ProcessIdentity | undefined> {
    const value = await this.rows.get(KEY.process)
    return value && (decodeJson(value, []) as ProcessIdentity)
  }

  /** It is on disk when this returns. */
  put(process: ProcessIdentity): Promise<void> {
    return this.rows.write([[KEY.process, encodeJson(process)]], true)
  }

  /** It is gone from the disk when this returns. */
  forget(): Promise<void> {
    return this.rows.write([], true, [KEY.process])
  }
}
