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
  const directory = resolve(dataDir)
  mkdirSync(directory, { recursive: true })
  if (readdirSync(directory).length === 0) return directory
  throw new UserError('configuration', `--data-dir ${dataDir} is not empty: name a new or an empty directory.`)
}
