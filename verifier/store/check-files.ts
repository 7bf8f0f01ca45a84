/**
 * Checks the database's files before the database opens them. It does not verify its own checksums when it reads: a bit
 * that has flipped hides records, and a hidden signature would be made again, differently; or it ends the process.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { damaged, unreadable } from './errors.js'
import { DamagedFile, FileReader } from './file-reader.js'
import { logRecords } from './log-file.js'
import { checkTable } from './table-file.js'

/** Fields of a manifest's records (LevelDB's db/version_edit.cc). */
const FIELD = {
  comparator: 1,
  logNumber: 2,
  nextFile: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  previousLog: 9,
} as const

/** @throws StoreError 'damaged' */
export async function checkFiles(dir: string): Promise<void> {
  const current = await read(dir, 'CURRENT', bytes => new TextDecoder().decode(bytes))
  if (!/^MANIFEST-\d+\n$/.test(current)) throw damaged(dir, 'CURRENT names no manifest')
  const { tables, logNumber } = await read(dir, current.trimEnd(), bytes => liveFiles(logRecords(bytes)))
  const files = await readdir(dir)
  for (const number of tables) {
    const file = files.find(name => /\.(ldb|sst)$/.test(name) && numberIn(name) === number)
    if (file === undefined) throw damaged(dir, `table ${number} is missing`)
    await read(dir, file, checkTable)
  }
  // The newest records are in the log alone, and the database takes a missing one for an empty one.
  const logs = files.filter(name => name.endsWith('.log') && numberIn(name) >= logNumber)
  if (!logs.some(name => numberIn(name) === logNumber)) throw damaged(dir, `log ${logNumber} is missing`)
  for (const log of logs) await read(dir, log, logRecords)
}

const numberIn = (file: string): number => Number.parseInt(file, 10)

/** What the manifest's edits leave: other tables are of a compaction that was interrupted, and mean nothing. */
function liveFiles(edits: readonly Uint8Array[]): { tables: Set<number>; logNumber: number } {
  const tables = new Set<number>()
  let logNumber = 0
  for (const edit of edits) {
    const reader = new FileReader(edit)
    const added: number[] = []
    while (!reader.ended) {
      const field = reader.varint()
      if (field === FIELD.comparator) reader.string()
      else if (field === FIELD.logNumber) logNumber = reader.varint()
      else if (field === FIELD.nextFile || field === FIELD.lastSequence || field === FIELD.previousLog) reader.varint()
      else if (field === FIELD.compactPointer) {
        reader.varint()
        reader.string()
      } else if (field === FIELD.deletedFile) {
        reader.varint()
        tables.delete(reader.varint())
      } else if (field === FIELD.newFile) {
        reader.varint() // level
        added.push(reader.varint())
        reader.varint() // size
        reader.string() // smallest key
        reader.string() // largest key
      } else throw new DamagedFile(`unknown field ${field}`)
    }
    for (const number of added) tables.add(number) // an edit may move a table: deleted on one level, new on the next
  }
  return { tables, logNumber }
}

async function read<T>(dir: string, file: string, check: (bytes: Uint8Array) => T): Promise<T> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(join(dir, file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw damaged(dir, `${file} is missing`, error)
    throw unreadable(dir, error)
  }
  try {
    return check(bytes)
  } catch (error) {
    if (error instanceof DamagedFile) throw damaged(dir, `${file}: ${error.message}`, error)
    throw error
  }
}
