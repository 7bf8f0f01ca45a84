/**
 * The file of a node's three keys: encrypted, or plain as in networks for tests and in earlier versions. One file holds
 * all of them, so one step replaces plain keys by encrypted ones.
 */
import { access, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { KeyFileError } from './key-file-error.js'
import { type NodeKeys, plainKeys } from './keys.js'
import { type EncryptedKeys, encryptedKeys } from './keystore-schema.js'
import { parseJson } from './parse-json.js'
import { unreadableBecause } from './unreadable.js'
import { notWritten, writeWhole } from './whole-file.js'

export type KeyFile =
  | { readonly kind: 'plain'; readonly keys: NodeKeys }
  | { readonly kind: 'encrypted'; readonly keys: EncryptedKeys }

const plainFile = plainKeys.transform(keys => ({ kind: 'plain' as const, keys }))
const encryptedFile = encryptedKeys.transform(keys => ({ kind: 'encrypted' as const, keys }))

export const keysPath = (dataDir: string): string => join(dataDir, 'keys.json')

const OWNER_ONLY = 0o600

/** @throws KeyFileError */
export async function readKeyFile(path: string): Promise<KeyFile> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const remedy = missing ? ' Make one with "init", or copy yours there.' : ''
    throw new KeyFileError(`Cannot use key file ${path}: ${unreadableBecause(cause)}.${remedy}`, { cause })
  }
  const value = parseJson(text)
  const isPlain = !Object.values(Object(value)).some(one => typeof one === 'object')
  const parsed = isPlain ? plainFile.safeParse(value) : encryptedFile.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue?.path.join('.') || 'the file'
  throw new KeyFileError(`Cannot use key file ${path}: ${where} ${issue?.message}. Restore it from your copy.`)
}

/**
 * Writes the whole file or nothing. Only the owner can read it.
 * @throws KeyFileError if a file exists already: keys are never replaced; UserError 'store' if it cannot be written
 */
export async function saveKeys(path: string, keys: NodeKeys | EncryptedKeys): Promise<void> {
  try {
    await writeWhole(path, textOf(keys), { place: 'new', mode: OWNER_ONLY })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritten(path, cause)
    throw existing(path, cause)
  }
}

/** Asked before a person has typed a password for nothing. @throws KeyFileError if the file exists */
export async function checkNoKeys(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  )
  if (exists) throw existing(path)
}

/**
 * Puts the same keys, encrypted, in the place of plain ones. After a crash at any moment the file holds one or the other.
 * @throws UserError 'store'
 */
export async function replacePlainKeys(path: string, keys: EncryptedKeys): Promise<void> {
  const file = await realpath(path) // to replace a link would leave the plain file behind
  try {
    // A crash in the middle of `init` leaves a second name of the plain file. It goes first: a later try, which finds
    // encrypted keys, does not look for it.
    const left = (await readdir(dirname(file))).filter(
      name => name.startsWith(`${basename(file)}.`) && name.endsWith('.partial'),
    )
    for (const name of left) await rm(join(dirname(file), name))
    await writeWhole(file, textOf(keys), { place: 'replace', mode: OWNER_ONLY })
  } catch (cause) {
    throw notWritten(file, cause)
  }
}

const textOf = (keys: NodeKeys | EncryptedKeys): string => `${JSON.stringify(keys, null, 2)}\n`

const existing = (path: string, cause?: unknown): KeyFileError =>
  new KeyFileError(`Key file ${path} exists already. Move it away first, or use its keys.`, { cause })
