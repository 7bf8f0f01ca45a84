import { readdir } from 'node:fs/promises'
import { Level } from 'level'
import { noRecord, StoreError, unreadable } from './errors.js'

/** What is used of the database below the store, so that a test can put a failing one in its place. */
export type Database = Pick<Level<string, Uint8Array>, 'open' | 'close' | 'get' | 'batch' | 'iterator' | 'keys'>

export type OpenMode = 'create' | 'existing'

/** Not compressed: nearly all that is stored are hashes, signatures and keys. */
const OPTIONS = { keyEncoding: 'utf8', valueEncoding: 'view', compression: false } as const

export function databaseIn(dir: string, mode: OpenMode): Database {
  const isNew = mode === 'create'
  return new Level<string, Uint8Array>(dir, { ...OPTIONS, createIfMissing: isNew, errorIfExists: isNew })
}

/** Looks before the database does, which would leave an empty directory behind where there is none. @throws StoreError */
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
