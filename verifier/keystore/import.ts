/** Keystores that other programs made. */
import { readFile } from 'node:fs/promises'
import type { ZodType } from 'zod'
import type { Hex } from '../../proto/hex.js'
import { UserError } from '../config/errors.js'
import { accountKeystore, blsKeystore } from '../config/keystore-schema.js'
import { DamagedKeystore, openAccount, openBls, WrongPassword } from './open.js'

/** Opens a keystore that was read. @throws UserError 'configuration', which names the file */
export type Unlock = (password: string) => Promise<Hex>

interface Kind<T> {
  /** as a person reads it */
  readonly name: string
  readonly version: number
  /** the flag that imports it */
  readonly flag: string
  readonly form: ZodType<T>
  readonly open: (keystore: T, password: string) => Promise<Hex>
}

const ACCOUNT = {
  name: 'an account keystore (Web3 secret storage, version 3)',
  ...{ version: 3, flag: '--import-account', form: accountKeystore, open: openAccount },
}
const BLS = {
  name: 'a BLS keystore (EIP-2335, version 4)',
  ...{ version: 4, flag: '--import-bls', form: blsKeystore, open: openBls },
}

/** @throws UserError 'configuration', which names the file and its first fault */
export const accountFrom = (path: string): Promise<Unlock> => imported(path, ACCOUNT, BLS)

/** @throws UserError 'configuration', which names the file and its first fault */
export const blsFrom = (path: string): Promise<Unlock> => imported(path, BLS, ACCOUNT)

/**
 * Of an account that belongs to no node.
 * @param text all that the file at `path` holds, which may be a pipe. @param flag that names the file
 * @throws UserError 'configuration', which names the file and its first fault
 */
export const accountKeyIn = (text: string, path: string, flag: string): Unlock =>
  keystoreIn(text, path, { ...ACCOUNT, flag }, { ...BLS, advice: 'Name another file' })

async function imported<T>(path: string, kind: Kind<T>, other: Omit<Kind<never>, 'form' | 'open'>): Promise<Unlock> {
  const text = await textIn(path, kind.flag)
  return keystoreIn(text, path, kind, { ...other, advice: `Pass it with ${other.flag}, or name another file` })
}

/** A kind that is not meant, and what to do about it. */
interface OtherKind extends Pick<Kind<never>, 'name' | 'version'> {
  readonly advice: string
}

function keystoreIn<T>(text: string, path: string, kind: Kind<T>, other: OtherKind): Unlock {
  const value = jsonIn(text, path, kind.flag)
  const { version } = Object(value)
  if (version === other.version) throw bad(kind.flag, path, `is ${other.name}, not ${kind.name}. ${other.advice}`)
  if (version !== kind.version) throw bad(kind.flag, path, `is not ${kind.name}. Name another file`)
  const parsed = kind.form.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw bad(
      kind.flag,
      path,
      `is damaged, or of a form that this program does not read: ${issue?.path.join('.')} ${issue?.message}. Name another copy`,
    )
  }
  return async password => {
    try {
      return await kind.open(parsed.data, password)
    } catch (error) {
      if (error instanceof WrongPassword)
        throw bad(
          kind.flag,
          path,
          'does not open with this password. Try another password, or another copy of the file',
        )
      if (error instanceof DamagedKeystore)
        throw bad(kind.flag, path, `is damaged: ${error.message}. Name another copy`)
      throw error
    }
  }
}

async function textIn(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw bad(flag, path, `cannot be read: ${(cause as Error).message}. Name another file`, cause)
  }
}

function jsonIn(text: string, path: string, flag: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw bad(flag, path, 'is no whole JSON file: it may be cut off. Name another copy', cause)
  }
}

const bad = (flag: string, path: string, what: string, cause?: unknown): UserError =>
  new UserError('configuration', `${flag} ${path} ${what}.`, { cause })
