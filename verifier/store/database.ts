import { readdir } from 'node:fs/promises'
import { Level } from 'level'
import { noRecord, StoreError, unreadable } from './errors.js'

/** The part of the database that the store uses. A test can replace it with a database that fails. */
export type Database = Pick<Level<string, Uint8Array>, 'open' | 'close' | 'get' | 'batch' | 'iterator' | 'keys'> &
  Compacting

interface Compacting {
  /** Gives back the room of what was deleted between two keys. The types of `level` lack it, which also runs in browsers. */
  compactRange(start: string, end: string): Promise<void>
}

export type OpenMode = 'create' | 'existing'

/**
 * What is newer than this is in LevelDB's log, which does not compress: with its own 4 MiB, a small network's directory would
 * be twice as large.
 */
const LOG_BYTES = 1 << 20

/** LevelDB maps each table that it has open into memory, 2 MiB each: a thousand of them, as it would, are gigabytes. */
const OPEN_TABLES = 64

/** Votes and leaves are words of 32 bytes, most of which are zeros: compressed, they take about half. */
const OPTIONS = {
  keyEncoding: 'utf8',
  valueEncoding: 'view',
  compression: true,
  writeBufferSize: LOG_BYTES,
  maxOpenFiles: OPEN_TABLES,
} as const

export function databaseIn(dir: string, mode: OpenMode): Database {
  const isNew = mode === 'create'
  const level = new Level<string, Uint8Array>(dir, { ...OPTIONS, createIfMissing: isNew, errorIfExists: isNew })
  return level as typeof level & Compacting
}

/** Checks before the database opens, because opening would create a directory that is missing. @throws StoreError */
export async function checkDirectory(dir: string, mode: OpenMode): Promise<void> {
  const files = await readdir(dir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw unreadable(dir, error)
  })
  const hasData = files.some(file => /^(CURRENT|MANIFEST-.*|.*\.(ldb|sst|log))$/.test(file))
  if (mode === 'create' && hasData) {
    throw new StoreError('exists', `There is a database in ${dir} already: use it, or choose another directory.`)
  }
  if (mode === 'existing' && !hasData) throw noRecord(dir, 'there is no database')
}
