/** The keys of a data directory. */
import { UserError } from '../config/errors.js'
import { type KeyFile, keysPath, readKeyFile } from '../config/key-file.js'
import type { NodeKeys } from '../config/keys.js'
import type { EncryptedKeys } from '../config/keystore-schema.js'
import { decryptKeys } from '../keystore/encrypt.js'
import { DamagedKeystore, WrongPassword } from '../keystore/open.js'
import { passwordOf } from './password.js'

export interface KeyFlags {
  readonly 'data-dir': string
  readonly 'password-file'?: string | undefined
}

/** @throws KeyFileError; UserError */
export const readOwnKeys = async (flags: KeyFlags): Promise<NodeKeys> =>
  openOwnKeys(flags, await readKeyFile(keysPath(flags['data-dir'])))

/** Asks for a password if the keys are encrypted. @throws UserError */
export async function openOwnKeys(flags: KeyFlags, file: KeyFile): Promise<NodeKeys> {
  if (file.kind === 'plain') return file.keys
  const path = keysPath(flags['data-dir'])
  return withPassword(path, file.keys, await passwordOf(path, flags['password-file']))
}

async function withPassword(path: string, keys: EncryptedKeys, password: string): Promise<NodeKeys> {
  try {
    return await decryptKeys(keys, password)
  } catch (cause) {
    if (cause instanceof WrongPassword) {
      throw new UserError(
        'configuration',
        `The password does not open key file ${path}. Try another password, or a copy of the file if it may be damaged.`,
        { cause },
      )
    }
    if (cause instanceof DamagedKeystore) {
      throw new UserError(
        'configuration',
        `Cannot use key file ${path}: a key in it is damaged, since ${cause.message}. Restore the file from your copy.`,
        { cause },
      )
    }
    throw cause
  }
}
