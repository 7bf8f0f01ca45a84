import { access, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { existingFile, newFileErrorFrom } from './errors.js'

/**
 * Writes a file that is not there yet. The file has its name only once all of it is on disk, and the name is on disk
 * when this returns.
 * @throws StoreError, 'exists' where there is a file of that name
 */
export async function writeNewFile(path: string, bytes: Uint8Array): Promise<void> {
  if (await isFile(path)) throw existingFile(path)
  const partial = `${path}.partial`
  try {
    const file = await open(partial, 'w')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(partial, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    await rm(partial, { force: true })
    throw newFileErrorFrom(error, path)
  }
}

/** @throws what keeps the system from telling */
export async function isFile(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
