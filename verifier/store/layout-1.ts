/**
 * Layout 1 kept the signed digests in the database itself, as rows signed/<slot>. When the store opens a database of
 * layout 1, it moves these rows into the signing record. It first writes and syncs the whole file. Then one write
 * changes the database to layout 2 and drops the rows. A crash before that write leaves layout 1, and the next start
 * repeats the move.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '../../proto/hex.js'
import type { Database } from './database.js'
import { damaged, damagedRecord, SigningConflict } from './errors.js'
import { KEY } from './layout.js'
import { isFile } from './new-file.js'
import { encodeHead, type RecordHead, type Signed } from './record-format.js'
import { seal, unseal } from './sealed.js'
import { SigningRecord, type Witness } from './signing-record.js'

const NEXT_VERSION = '2'
const SIGNED = 'signed/'
/** A version that no program knows. So the next start does not mistake the remaining rows for all rows. */
const LOST = '1 with lost signatures'

/** @param dir of the database. @throws StoreError 'damaged' */
export async function moveSigned(db: Database, dir: string, recordPath: string): Promise<void> {
  const lost = await lostOnOpening(dir)
  if (lost !== undefined) {
    await db.batch([version(LOST)], { sync: true })
    throw damaged(dir, lost)
  }
  const rows = await db.iterator({ gte: SIGNED, lt: `${SIGNED}~` }).all()
  const signed = rows.map(([key, value]) => ({ slot: key.slice(SIGNED.length), digest: toHex(unseal(key, value)) }))
  const head = await recordOf(recordPath, signed)
  const drops = rows.map(([key]) => ({ type: 'del' as const, key }))
  await db.batch([version(NEXT_VERSION), put(KEY.record, encodeHead(head)), ...drops], { sync: true })
}

const put = (key: string, value: Uint8Array) => ({ type: 'put' as const, key, value: seal(key, value) })
const version = (name: string) => put(KEY.version, new TextEncoder().encode(name))

/**
 * The database's log holds the newest writes. On opening, the database drops damaged writes of the log and goes on.
 * Only its diary, the file LOG, tells of the loss.
 */
async function lostOnOpening(dir: string): Promise<string | undefined> {
  const diary = await readFile(join(dir, 'LOG'), 'utf8')
  if (!diary.includes('Recovering log')) return 'its log is missing'
  return /\S+: dropping .*/.exec(diary)?.[0]
}

/**
 * Makes the record, or adds to an existing one. A record exists if a crash interrupted a move, or if this database is
 * an older copy.
 */
async function recordOf(path: string, signed: readonly Signed[]): Promise<RecordHead> {
  if (!(await isFile(path))) return SigningRecord.create(path, signed)
  let head: RecordHead | undefined
  const witness: Witness = {
    read: async () => undefined,
    write: async written => {
      head = written
    },
  }
  const record = await SigningRecord.open(path, witness)
  try {
    for (const { slot, digest } of signed) await record.add(slot, digest)
    return head!
  } catch (error) {
    throw error instanceof SigningConflict ? damagedRecord(path, error.message, error) : error
  } finally {
    await record.close()
  }
}
