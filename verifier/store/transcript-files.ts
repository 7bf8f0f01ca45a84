/**
 * Transcripts: one directory per epoch, one file per transcript. Transcripts are large and many, and hardly anybody
 * asks for them. The store checks every value of the database when it opens, so transcripts in the database would make
 * a node's start slower with every epoch of the evidence period.
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

  /** @param dir directory of the database, which ignores files that it did not create */
  constructor(dir: string) {
    this.#dir = join(dir, 'transcripts')
  }

  /** A file gets its name only after all bytes are on disk, so an interrupted write leaves no transcript. */
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

  /** Searches from the epoch `newest` back. @throws StoreError 'damaged' */
  async get(sessionId: Hex, newest: number): Promise<Uint8Array | undefined> {
    for (const epoch of (await this.#epochs()).reverse()) {
      if (Number(epoch) > newest) continue
      const path = join(this.#dir, epoch, sessionId)
      const sealed = await readFile(path).catch(unlessMissing)
      if (sealed) return unsealed(sessionId, new Uint8Array(sealed), path)
    }
    return undefined
  }

  /** Deletes the transcripts of earlier epochs. */
  async prune(epoch: number): Promise<void> {
    for (const name of await this.#epochs()) {
      if (name < epochName(epoch)) await rm(join(this.#dir, name), { recursive: true })
    }
  }

  /** Names of the epochs' directories, ascending. */
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
