/**
 * Layout 1 kept what was signed in the database itself, as rows signed/<slot>. They move into the signing record when a
 * database of that layout is opened: first the whole file, synced; then one write that makes the database one of layout 2
 * and drops the rows. A crash before that write leaves layout 1, and the next start makes the move again.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '../../proto/hex.js'
import type { Database } from './database.js'
import { damaged, damagedRecord, SigningConflict } from './errors.js'
import { KEY, LAYOUT_VERSION } from './layout.js'
import { isFile } from './new-file.js'
import { encodeHead, type RecordHead, type Signed } from './record-format.js'
import { seal, unseal } from './sealed.js'
import { SigningRecord, type Witness } from './signing-record.js'

const SIGNED = 'signed/'
/** A version that no program knows. Otherwise the next start would take what is left for the whole. */
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
  await db.batch([version(LAYOUT_VERSION), put(KEY.record, encodeHead(head)), ...drops], { sync: true })
}

const put = (key: string, value: Uint8Array) => ({ type: 'put' as const, key, value: seal(key, value) })
const version = (name: string) => put(KEY.version, new TextEncoder().encode(name))

/**
 * A database drops writes that are damaged in its log, which holds the newest, and opens without them. It tells so in its
 * diary alone.
 */
async function lostOnOpening(dir: string): Promise<string | undefined> {
  const diary = await readFile(join(dir, 'LOG'), 'utf8')
  if (!diary.includes('Recovering log')) return 'its log is missing'
  return /\S+: dropping .*/.exec(diary)?.[0]
}

/** Adds to a record that is there already: of a move that a crash interrupted, or newer than this copy of the database. */
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
