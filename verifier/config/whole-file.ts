/** Writes files whole or not at all: a full disk or a crash leaves no half of a file under its name. */
import { randomUUID } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UserError } from './errors.js'

export interface WholeFileOptions {
  /**
   * `new` never replaces a file, whoever else writes one of that name at the same time. `replace` takes one writer at a
   * time, and clears away what a crash of an earlier one left.
   */
  readonly place: 'new' | 'replace'
  /** who can read and write the file (default: what the system gives a new file) */
  readonly mode?: number
}

/**
 * The file gets its name only after all bytes are on disk. When this returns, the name is on disk too.
 * @throws the system's error; what the content throws; EEXIST for a `new` file that exists. No part of the file is left then
 */
export async function writeWhole(
  path: string,
  content: Uint8Array | string | AsyncIterable<Uint8Array>,
  { place, mode }: WholeFileOptions,
): Promise<void> {
  const partial = place === 'new' ? `${path}.${randomUUID()}.partial` : `${path}.partial`
  try {
    const file = await open(partial, 'w', mode)
    try {
      const parts = typeof content === 'string' || content instanceof Uint8Array ? [content] : content
      for await (const part of parts) await file.writeFile(part) // each goes on where the last one ended
      await file.sync()
    } finally {
      await file.close()
    }
    if (place === 'new') await link(partial, path)
    else await rename(partial, path)
    await syncDirectory(dirname(path))
  } finally {
    await rm(partial, { force: true }).catch(() => undefined) // a disk that is read-only by now says so itself
  }
}

/** Why a file was not written, for a person. @param cause the system's error */
export const notWritten = (path: string, cause: unknown): UserError =>
  new UserError(
    'store',
    `Cannot write ${path}: ${(cause as Error).message}. Nothing of it was written. Free some space or choose another place, then try again.`,
    { cause },
  )

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
