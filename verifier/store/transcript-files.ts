/**
 * Transcripts, a file each in a directory an epoch. They are large and many, and hardly ever asked for: in the database,
 * whose every value is checked when it opens, they would make a node's start as long as its evidence period.
 *
 *   transcripts/<epoch>/<session id>     sealed, see sealed.ts
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Hex } from '../../proto/hex.js'
import { damagedTranscript } from './errors.js'
import { epochName } from './layout.js'
import { seal, unseal } from './sealed.js'

export class TranscriptFiles {
  readonly #dir: string

  /** @param dir of the database, which does not look at what it did not name itself */
  constructor(dir: string) {
    this.#dir = join(dir, 'transcripts')
  }

  /** A file has its name only once all of it is on disk: what was interrupted is not there. */
  async put(epoch: number, sessionId: Hex, encoded: Uint8Array): Promise<void> {
    const path = join(this.#dir, epochName(epoch), sessionId)
    await mkdir(join(this.#dir, epochName(epoch)), { recursive: true })
    const partial = `${path}.partial`
    const file = await open(partial, 'w')
    try {
      await file.writeFile(seal(keyOf(sessionId), encoded))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(partial, path)
  }

  /** Newest epochs first. @throws StoreError 'damaged' */
  async get(sessionId: Hex): Promise<Uint8Array | undefined> {
    for (const epoch of (await this.#epochs()).reverse()) {
      const path = join(this.#dir, epoch, sessionId)
      const sealed = await readFile(path).catch(unlessMissing)
      if (sealed) return unsealed(sessionId, new Uint8Array(sealed), path)
    }
    return undefined
  }

  /** Forgets those of earlier epochs. */
  async prune(epoch: number): Promise<void> {
    for (const name of await this.#epochs()) {
      if (name < epochName(epoch)) await rm(join(this.#dir, name), { recursive: true })
    }
  }

  /** Ascending. */
  async #epochs(): Promise<string[]> {
    return ((await readdir(this.#dir).catch(unlessMissing)) ?? []).sort()
  }
}

const keyOf = (sessionId: Hex): string => `transcript/${sessionId}`

function unsealed(sessionId: Hex, sealed: Uint8Array, path: string): Uint8Array {
  try {
    return unseal(keyOf(sessionId), sealed)
  } catch (cause) {
    throw damagedTranscript(path, cause)
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
