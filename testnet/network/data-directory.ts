/** Where a run keeps its files. */
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { UserError } from '../../verifier/config/errors.js'
import type { Watchdog } from '../process/watchdog.js'
import type { TestnetOptions } from './options.js'

/** The directory that the user named, which must be new or empty, or a temporary one that goes with the run. */
export function dataDirectory({ dataDir, keep }: TestnetOptions, watchdog: Watchdog): string {
  if (dataDir === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'bandwitness-'))
    if (!keep) watchdog.temporary(directory)
    return directory
  }
  return emptyDirectory('data-dir', dataDir)
}

/** Makes the directory that an option names. @returns its absolute path. @throws UserError 'configuration' */
export function emptyDirectory(option: string, path: string): string {
  const directory = resolve(path)
  try {
    mkdirSync(directory, { recursive: true })
    if (readdirSync(directory).length === 0) return directory
  } catch (cause) {
    throw new UserError(
      'configuration',
      `--${option} ${path} cannot be used: ${(cause as Error).message}. Name another directory.`,
      { cause },
    )
  }
  throw new UserError('configuration', `--${option} ${path} is not empty: name a new or an empty directory.`)
}
