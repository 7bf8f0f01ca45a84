/** `bandwitness keys encrypt`: converts the plain key file of an earlier version. */

import type { InferredOptionTypes } from 'yargs'
import { UserError } from '../config/errors.js'
import { keysPath, readKeyFile, replacePlainKeys } from '../config/key-file.js'
import type { KeysJson } from '../evidence/schema/data-directory.js'
import { encryptKeys } from '../keystore/encrypt.js'
import { accountIn } from '../keystore/public-keys.js'
import type { Command } from './lazily.js'
import { print } from './output.js'
import { newPassword, PASSWORD_OPTION } from './password.js'
import { settings } from './settings.js'

const OPTIONS = {
  'data-dir': { type: 'string', demandOption: true, describe: 'Data directory of the node, which may run meanwhile' },
  ...PASSWORD_OPTION,
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const keysEncrypt: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const path = keysPath(flags['data-dir'])
    const file = await readKeyFile(path)
    if (file.kind === 'encrypted') {
      throw new UserError('configuration', `The keys in ${path} are encrypted already, so nothing was changed.`)
    }
    await replacePlainKeys(path, await encryptKeys(file.keys, await newPassword(flags['password-file'])))
    print<KeysJson>(flags, { account: accountIn(file), file: path }, encryptedText)
  },
}

const encryptedText = ({ file }: KeysJson): string =>
  `Encrypted the keys in ${file}. Without the password they are lost, so keep it in another place. Delete the copies of the plain file that you have made; the disk may hold traces of it until they are overwritten.`
