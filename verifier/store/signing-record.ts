/**
 * What a key has signed, slot → digest, for ever, in a file of its own that only grows (its bytes: record-format.ts).
 *
 * Two witnesses hold each entry before the signature is made: the file, synced, and then the head of the record, which
 * the caller keeps elsewhere (in the database), synced too. On start:
 *
 *   the record ends before the witness    refused: the record was cut off, or it is an older copy
 *   the record goes on behind it          accepted: a crash fell between the two, or the witness is an older copy
 *   the two disagree on an entry          refused: the record is another's, or it is damaged
 *
 * Older copies of both, restored together, look like a node that stopped then. No file on the same disk can tell.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import type { Hex } from '../../proto/hex.js'
import {
  changedRecord,
  damagedRecord,
  missingRecord,
  recordErrorFrom,
  SigningConflict,
  type StoreError,
  unreadable,
} from './errors.js'
import { writeNewFile } from './new-file.js'
import {
  BLOCK_BYTES,
  DamagedRecord,
  decodeRecord,
  encodeEntry,
  encodeRecord,
  isSameHead,
  type RecordContents,
  type RecordHead,
  type Signed,
  sealOf,
} from './record-format.js'

/** Where the record's head is kept a second time. */
export interface Witness {
  /** Undefined only while a record is made. */
  read(): Promise<RecordHead | undefined>
  /** Resolves when the head is on disk. */
  write(head: RecordHead): Promise<void>
}

/** What is used of an open file, so that a test can put a failing one in its place. */
export type RecordFile = Pick<FileHandle, 'write' | 'datasync' | 'truncate' | 'close'>

/** Every write goes to the end: a second process may spoil the record for both, but overwrites nothing. */
export const openRecordFile = (path: string): Promise<RecordFile> => open(path, constants.O_RDWR | constants.O_APPEND)

export class SigningRecord {
  /** Ends when no entry is being added: two calls for one slot must not both find it free. */
  #adding: Promise<unknown> = Promise.resolve()
  #failure: StoreError | undefined

  private constructor(
    private readonly path: string,
    private readonly file: RecordFile,
    private readonly witness: Witness,
    private readonly digests: Map<string, Hex>,
    private head: RecordHead,
  ) {}

  /** Makes the file, whole or not at all. @throws StoreError */
  static async create(path: string, signed: readonly Signed[] = []): Promise<RecordHead> {
    const bytes = encodeRecord(randomBytes(32), signed)
    await writeNewFile(path, bytes)
    return decodeRecord(bytes).heads.at(-1)!
  }

  /** Checks every entry, and cuts off an append that a crash interrupted. @throws StoreError */
  static async open(path: string, witness: Witness, openFile = openRecordFile): Promise<SigningRecord> {
    const { bytes, contents } = await read(path)
    const head = contents.heads.at(-1)!
    const witnessed = await witness.read()
    if (witnessed !== undefined) checkWitness(path, contents, witnessed)
    try {
      if (witnessed === undefined || !isSameHead(witnessed, head) || bytes.length > lengthOf(head)) {
        await rewriteEnd(path, bytes.subarray(0, lengthOf(head)), witnessed === undefined ? 0 : lengthOf(witnessed))
        await witness.write(head)
      }
      const digests = new Map(contents.signed.map(({ slot, digest }) => [slot, digest]))
      return new SigningRecord(path, await openFile(path), witness, digests, head)
    } catch (error) {
      throw recordErrorFrom(error, path)
    }
  }

  async close(): Promise<void> {
    await this.#adding
    await this.file.close()
  }

  /**
   * Both witnesses hold the entry when this returns.
   * @returns whether it was new. @throws SigningConflict when the slot holds another digest; StoreError
   */
  add(slot: string, digest: Hex): Promise<'recorded' | 'same'> {
    return this.#inTurn(async () => {
      const recorded = this.digests.get(slot)
      if (recorded === digest) return 'same'
      if (recorded !== undefined) throw new SigningConflict(slot, recorded, digest)
      await this.#append(encodeEntry(this.head.seal, { slot, digest }))
      this.digests.set(slot, digest)
      return 'recorded'
    })
  }

  /** Writes a copy, whole or not at all, of what was read and checked again. @throws StoreError */
  export(path: string): Promise<RecordHead> {
    return this.#inTurn(async () => {
      const { bytes, contents } = await read(this.path)
      checkWitness(this.path, contents, this.head)
      await writeNewFile(path, bytes)
      return this.head
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const working = this.#adding.then(() => {
      if (this.#failure) throw this.#failure
      return work()
    })
    this.#adding = working.catch(() => undefined)
    return working
  }

  async #append(block: Uint8Array): Promise<void> {
    const length = lengthOf(this.head)
    const head = { entries: this.head.entries + 1, seal: sealOf(block) }
    await this.#orFail(() => this.#expectLength(length))
    await this.#write(block, length)
    await this.#orFail(async () => {
      await this.file.datasync()
      await this.#expectLength(length + BLOCK_BYTES)
      await this.witness.write(head)
    })
    this.head = head
  }

  /** A write that fails leaves the file as it was: there may be space again for the next one. */
  async #write(block: Uint8Array, length: number): Promise<void> {
    try {
      for (let done = 0; done < block.length; ) done += (await this.file.write(block, done)).bytesWritten
    } catch (error) {
      await this.#orFail(() => this.file.truncate(length))
      throw recordErrorFrom(error, this.path)
    }
  }

  /** Of two processes that append at once, at least the later one sees a file that is too long. */
  async #expectLength(length: number): Promise<void> {
    const { size } = await stat(this.path)
    if (size !== length) throw changedRecord(this.path)
  }

  /**
   * Nothing is added after a failure here, for nobody knows what is on disk: a system that fails to sync may drop what it
   * was to write, and report success the next time. Only a new start reads the file again.
   */
  async #orFail(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#failure = recordErrorFrom(error, this.path)
      throw this.#failure
    }
  }
}

/**
 * Leaves the file with these bytes, on disk. What the witness has not seen is written again, as it is: after a sync that
 * failed, or a process that was killed before it, memory alone may hold it.
 */
async function rewriteEnd(path: string, bytes: Uint8Array, from: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    for (let at = from; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten
    await file.truncate(bytes.length)
    await file.datasync()
  } finally {
    await file.close()
  }
}

const lengthOf = (head: RecordHead): number => (1 + head.entries) * BLOCK_BYTES

async function read(path: string): Promise<{ readonly bytes: Uint8Array; readonly contents: RecordContents }> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missingRecord(path)
    throw unreadable(path, error)
  }
  try {
    return { bytes, contents: decodeRecord(bytes) }
  } catch (error) {
    if (error instanceof DamagedRecord) throw damagedRecord(path, error.message, error)
    throw error
  }
}

function checkWitness(path: string, { heads }: RecordContents, witnessed: RecordHead): void {
  const head = heads[witnessed.entries]
  if (head === undefined) {
    throw damagedRecord(path, `it ends after ${heads.length - 1} entries, where ${witnessed.entries} were recorded`)
  }
  if (!isSameHead(head, witnessed)) {
    throw damagedRecord(path, `entry ${witnessed.entries} is not the one that was recorded`)
  }
}
