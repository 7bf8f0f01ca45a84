/**
 * The signing record: every digest that a key has ever signed, by slot. It is a separate file that only grows (its
 * bytes: record-format.ts).
 *
 * Before a key signs, two places hold the entry: first the file, synced, and then the witness, synced too. The witness
 * is the head of the record, and the caller stores it elsewhere (in the database). On start:
 *
 *   the record ends before the witness    refused: the record was cut off, or it is an older copy
 *   the record is longer                  accepted: a crash fell between the two, or the witness is an older copy
 *   the two disagree on an entry          refused: the record belongs to another key, or it is damaged
 *
 * Somebody may restore older copies of both together. They look like a node that stopped at that time, and no file on
 * the same disk can show the difference.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import type { Hex } from '../../proto/hex.js'
import { writeWhole } from '../config/whole-file.js'
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
import { encodeCopy, withoutEnd } from './record-copy.js'
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

/** The second place that holds the record's head. */
export interface Witness {
  /** Undefined only while the store creates the record. */
  read(): Promise<Witnessed | undefined>
  /** Resolves when both are on disk. @param changedNs when the system last changed the file */
  write(head: RecordHead, changedNs?: bigint): Promise<void>
}

export interface Witnessed extends RecordHead {
  /** A copy of the file has another time. Absent if the file was not written to since it was opened with an older end. */
  readonly changedNs?: bigint | undefined
}

/** The part of an open file that the record uses. A test can replace it with a file that fails. */
export type RecordFile = Pick<FileHandle, 'write' | 'datasync' | 'truncate' | 'close'>

/** Every write goes to the end. A second process may spoil the record for both, but it overwrites nothing. */
export const openRecordFile = (path: string): Promise<RecordFile> => open(path, constants.O_RDWR | constants.O_APPEND)

export class SigningRecord {
  /** Resolves when no call adds an entry. Calls run one after another, so two calls never both find a slot free. */
  #adding: Promise<unknown> = Promise.resolve()
  #failure: StoreError | undefined

  private constructor(
    private readonly path: string,
    private readonly openFile: typeof openRecordFile,
    private file: RecordFile,
    private readonly witness: Witness,
    private readonly digests: Map<string, Hex>,
    private head: RecordHead,
    /** Nobody has replaced or changed the file since this node last wrote to it: it is no restored copy. */
    readonly isUntouched: boolean,
  ) {}

  /** Creates the whole file, or nothing. @throws StoreError */
  static async create(path: string, signed: readonly Signed[] = []): Promise<RecordHead> {
    const bytes = encodeRecord(randomBytes(32), signed)
    await writeNewFile(path, bytes)
    return decodeRecord(bytes).heads.at(-1)!
  }

  /** Checks every entry, and cuts off an append that a crash interrupted, and the end of a copy. @throws StoreError */
  static async open(path: string, witness: Witness, openFile = openRecordFile): Promise<SigningRecord> {
    const { bytes, contents } = await read(path)
    const head = contents.heads.at(-1)!
    const witnessed = await witness.read()
    if (witnessed !== undefined) checkWitness(path, contents, witnessed)
    try {
      const isWhole = witnessed !== undefined && isSameHead(witnessed, head) && bytes.length === lengthOf(head)
      const isUntouched = isWhole && witnessed.changedNs === (await stat(path, { bigint: true })).ctimeNs
      if (!isWhole) {
        await rewriteEnd(path, bytes.subarray(0, lengthOf(head)), witnessed === undefined ? 0 : lengthOf(witnessed))
        await witness.write(head)
      }
      const digests = new Map(contents.signed.map(({ slot, digest }) => [slot, digest]))
      return new SigningRecord(path, openFile, await openFile(path), witness, digests, head, isUntouched)
    } catch (error) {
      throw recordErrorFrom(error, path)
    }
  }

  async close(): Promise<void> {
    await this.#adding
    await this.file.close()
  }

  get slots(): Iterable<string> {
    return this.digests.keys()
  }

  digestOf(slot: string): Hex | undefined {
    return this.digests.get(slot)
  }

  /**
   * Adds an entry. When this returns, the file and the witness hold the entry.
   * @returns whether the entry was new. @throws SigningConflict if the slot holds another digest; StoreError
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

  /**
   * Reads and checks the record again, and writes a whole copy, or nothing.
   * @param owner 32 bytes: whose record it is. @throws StoreError
   */
  export(path: string, owner: Hex): Promise<RecordHead> {
    return this.#inTurn(async () => {
      await writeNewFile(path, encodeCopy(await this.#bytes(), this.head, owner))
      return this.head
    })
  }

  /**
   * Adds the entries of another record of the same key: all that are new here, or none. Entries here stay as they are.
   * @returns how many were new. @throws SigningConflict if a slot holds another digest; StoreError
   */
  merge(signed: readonly Signed[]): Promise<number> {
    return this.#inTurn(async () => {
      const added = new Map<string, Hex>()
      for (const { slot, digest } of signed) {
        const recorded = this.digests.get(slot) ?? added.get(slot)
        if (recorded === undefined) added.set(slot, digest)
        else if (recorded !== digest) throw new SigningConflict(slot, recorded, digest)
      }
      if (added.size > 0) await this.#appendAll(added)
      return added.size
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

  async #bytes(): Promise<Uint8Array> {
    const { bytes, contents } = await read(this.path)
    checkWitness(this.path, contents, this.head)
    return bytes.subarray(0, lengthOf(this.head))
  }

  /** Replaces the file in one step. A crash before the witness leaves a longer record, which the next start accepts. */
  async #appendAll(added: ReadonlyMap<string, Hex>): Promise<void> {
    const blocks = [await this.#bytes()]
    let { entries, seal } = this.head
    for (const [slot, digest] of added) {
      const block = encodeEntry(seal, { slot, digest })
      blocks.push(block)
      seal = sealOf(block)
      entries++
    }
    await this.#orFail(async () => {
      await writeWhole(this.path, Buffer.concat(blocks), { place: 'replace' })
      await this.file.close()
      this.file = await this.openFile(this.path)
      await this.witness.write({ entries, seal })
    })
    for (const [slot, digest] of added) this.digests.set(slot, digest)
    this.head = { entries, seal }
  }

  async #append(block: Uint8Array): Promise<void> {
    const length = lengthOf(this.head)
    const head = { entries: this.head.entries + 1, seal: sealOf(block) }
    await this.#orFail(() => this.#expectLength(length))
    await this.#write(block, length)
    await this.#orFail(async () => {
      await this.file.datasync()
      const changedNs = await this.#expectLength(length + BLOCK_BYTES)
      await this.witness.write(head, changedNs)
    })
    this.head = head
  }

  /** A failed write leaves the file as it was, because the next write may find space again. */
  async #write(block: Uint8Array, length: number): Promise<void> {
    try {
      for (let done = 0; done < block.length; ) done += (await this.file.write(block, done)).bytesWritten
    } catch (error) {
      await this.#orFail(() => this.file.truncate(length))
      throw recordErrorFrom(error, this.path)
    }
  }

  /** If two processes append at once, at least the later process sees a file that is too long. @returns its last change */
  async #expectLength(length: number): Promise<bigint> {
    const { size, ctimeNs } = await stat(this.path, { bigint: true })
    if (size !== BigInt(length)) throw changedRecord(this.path)
    return ctimeNs
  }

  /**
   * After a failure here the record takes no more entries, because nobody knows which bytes are on disk. A system that
   * fails to sync may drop the bytes and report success the next time. Only a new start reads the file again.
   */
  async #orFail(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#failure = recordErrorFrom(error, this.path)
      throw this.#failure
    }
  }
}

/**
 * Puts exactly these bytes on disk. It writes again every byte from `from` on, which the witness has not seen. After a
 * failed sync, or after a process was killed before the sync, these bytes may be in memory only.
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
    return { bytes, contents: withoutEnd(decodeRecord(bytes)) }
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
    throw damagedRecord(path, `entry ${witnessed.entries} differs from the recorded one`)
  }
}
