/** Small programs in C, compiled on demand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../process/commands.js'
import type { Watchdog } from '../process/watchdog.js'

const COMPILE_MS = 60_000

export interface Compiled {
  readonly program: string
  /** Removes the program. */
  close(): void
}

/** @throws ChildError if there is no C compiler */
export async function compileC(source: string, watchdog: Watchdog): Promise<Compiled> {
  const directory = mkdtempSync(join(tmpdir(), 'bandwitness-lab-'))
  watchdog.temporary(directory)
  const program = join(directory, 'program')
  const close = () => rmSync(directory, { recursive: true, force: true })
  try {
    await run(['cc', '-O2', '-o', program, source], COMPILE_MS)
  } catch (error) {
    close()
    throw error
  }
  return { program, close }
}
