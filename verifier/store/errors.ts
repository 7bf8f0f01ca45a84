import { UserError } from '../config/errors.js'
import { DamagedValue } from './sealed.js'

export type StoreFault = 'missing' | 'exists' | 'damaged' | 'unreadable' | 'unwritable' | 'locked' | 'no-space'

/** The database or the signing record is unusable. The message says what to do. The store never deletes the files. */
export class StoreError extends UserError {
  constructor(
    readonly fault: StoreFault,
    message: string,
    cause?: unknown,
  ) {
    super('store', message, { cause })
  }
}

/** This key has already signed a different digest for this slot. A second signature would cost the bond. */
export class SigningConflict extends Error {
  override readonly name = 'SigningConflict'

  constructor(
    readonly slot: string,
    readonly recorded: string,
    readonly refused: string,
  ) {
    super(`${slot} is already signed as ${recorded}; the key must not also sign ${refused}`)
  }
}

/** A database error in words for the operator of the node. @returns `error` itself if the database did not cause it */
export function storeErrorFrom(error: unknown, dir: string): unknown {
  if (error instanceof StoreError) return error
  const { text, codes } = saidBy(error)
  if (codes.has('ENOSPC') || /no space left/i.test(text)) return noSpace(`database in ${dir}`, error)
  if (codes.has('LEVEL_LOCKED')) {
    return new StoreError('locked', `The database in ${dir} is in use: stop the other process that uses it.`, error)
  }
  // The database has no error code for a file that is gone, or that is shorter than the manifest says.
  const isDamage = /corrupt|no such file|invalid argument/i.test(text)
  if (error instanceof DamagedValue || codes.has('LEVEL_CORRUPTION') || isDamage) {
    return damaged(dir, text, error)
  }
  if (codes.has('LEVEL_IO_ERROR')) {
    const message = `Cannot use the database in ${dir} (${text}). Check the disk and the permissions, then start again.`
    return new StoreError('unwritable', message, error)
  }
  return error
}

function saidBy(error: unknown): { readonly text: string; readonly codes: ReadonlySet<string> } {
  const texts: string[] = []
  const codes = new Set<string>()
  for (let e = error as NodeJS.ErrnoException | undefined; e instanceof Error; e = e.cause as typeof e) {
    texts.push(e.message)
    if (e.code !== undefined) codes.add(e.code)
  }
  return { text: texts.join(': '), codes }
}

const noSpace = (what: string, cause: unknown): StoreError =>
  new StoreError(
    'no-space',
    `No space is left for the ${what}. Nothing stored is lost: free some space, then start again.`,
    cause,
  )

export const damaged = (dir: string, what: string, cause?: unknown): StoreError =>
  new StoreError(
    'damaged',
    `The database in ${dir} is damaged (${what}); its files were kept. Restore that directory from a copy. If you have no copy, exit this verifier and register a new key.`,
    cause,
  )

/** No signature depends on a transcript, so the rest of the database stays usable. */
export const damagedTranscript = (path: string, cause: unknown): StoreError =>
  new StoreError('damaged', `The transcript in ${path} is damaged; its file was kept, and the node can go on.`, cause)

export const unreadable = (path: string, error: unknown): StoreError =>
  new StoreError('unreadable', `Cannot read ${path}: ${(error as Error).message}.`, error)

/** A missing record looks the same as a lost one, so the store never creates a new one in its place. */
export const noRecord = (dir: string, what: string): StoreError =>
  new StoreError(
    'missing',
    `Cannot use the database in ${dir}: ${what}. For a new key, run "bandwitness verifier init". For a key in use, restore the directory from a copy: a key must not sign without its record.`,
  )

/** An error of the signing record, in words for a person. */
export function recordErrorFrom(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error
  const { text, codes } = saidBy(error)
  if (codes.has('ENOSPC')) return noSpace(`signing record ${path}`, error)
  return new StoreError(
    'unwritable',
    `Cannot write the signing record ${path} (${text}). The node signs nothing until it starts again. Check the disk first.`,
    error,
  )
}

/** An error while writing a new file: a new signing record, or a copy of one. */
export function newFileErrorFrom(error: unknown, path: string): StoreError {
  const { text, codes } = saidBy(error)
  if (codes.has('ENOSPC')) return noSpace(`file ${path}`, error)
  return new StoreError('unwritable', `Cannot write ${path} (${text}): choose another place.`, error)
}

export const existingFile = (path: string): StoreError =>
  new StoreError('exists', `There is a file ${path} already: choose another name.`)

export const existingRecord = (path: string): StoreError =>
  new StoreError('exists', `There is a signing record ${path} already: use it, or choose another directory.`)

export const missingRecord = (path: string): StoreError =>
  new StoreError(
    'missing',
    `The signing record ${path} is missing. For a new key, run "bandwitness verifier init". For a key in use, restore the file from a current copy: a key must not sign without its record.`,
  )

export const damagedRecord = (path: string, what: string, cause?: unknown): StoreError =>
  new StoreError(
    'damaged',
    `The signing record ${path} is damaged or an older copy (${what}); the file was kept. Restore it from a current copy. If you have no current copy, exit this verifier and register a new key: a key must not sign without its record.`,
    cause,
  )

export const changedRecord = (path: string): StoreError =>
  new StoreError(
    'locked',
    `Another process has changed the signing record ${path}: stop every process that uses these keys, then start one.`,
  )
