/** Databases whose writes a test sees, and what a crash in one of them leaves. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Level } from 'level'
import type { Database } from '../database.js'

/** @param around is called in the place of each write, with the write itself */
export function withWrites(
  level: Level<string, Uint8Array>,
  around: (write: () => Promise<void>) => Promise<void>,
): Database {
  const batch = level.batch.bind(level) as (rows: never, options: never) => Promise<void>
  return Object.assign(level, {
    batch: (rows: never, options: never) => around(() => batch(rows, options)),
  }) as unknown as Database
}

/** Copies of a data directory, from different instants. */
export class CrashStates {
  readonly paths: string[] = []

  /** @param parent of the copies */
  constructor(
    private readonly dataDir: string,
    private readonly parent: string,
  ) {}

  async keep(): Promise<void> {
    const path = join(this.parent, `state-${this.paths.length}`)
    await cp(this.dataDir, path, { recursive: true })
    this.paths.push(path)
  }
}
