import { access } from 'node:fs/promises'
import { writeWhole } from '../config/whole-file.js'
import { existingFile, newFileErrorFrom } from './errors.js'

/**
 * Writes a whole new file, or nothing. The lock of the database keeps another process from writing the same one.
 * @throws StoreError, 'exists' if a file of that name exists
 */
export async function writeNewFile(path: string, bytes: Uint8Array): Promise<void> {
  if (await isFile(path)) throw existingFile(path)
  try {
    await writeWhole(path, bytes, { place: 'replace' })
  } catch (error) {
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
