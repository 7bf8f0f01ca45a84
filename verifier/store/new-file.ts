import { access, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { existingFile, newFileErrorFrom } from './errors.js'

/**
 * Writes a new file. The file gets its name only after all bytes are on disk. When this returns, the name is on disk
 * too.
 * @throws StoreError, 'exists' if a file of that name exists
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

/** @returns whether the path exists. @throws the system's error if it cannot tell */
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
