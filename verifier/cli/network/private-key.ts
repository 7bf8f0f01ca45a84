/** The key of an account that belongs to no node: plain, or in a keystore. */
import { readFile } from 'node:fs/promises'
import type { Hex } from '../../../proto/hex.js'
import { UserError } from '../../config/errors.js'
import { keepSecret } from '../../config/secrets.js'
import { accountKeyIn } from '../../keystore/import.js'
import { passwordOf } from '../password.js'
import { printable } from '../printable.js'

/**
 * Asks for a password if the file is a keystore and no password file is named.
 * @param path of a file that holds 32 bytes in hexadecimal, with or without 0x, or a Web3 keystore (version 3)
 * @throws UserError 'configuration' or 'usage', without the text
 */
export async function readPrivateKey(path: string, passwordFile: string | undefined): Promise<Hex> {
  const text = await textOf(path)
  const key = text.startsWith('{')
    ? await accountKeyIn(text, printable(path), '--key')(await passwordOf(printable(path), passwordFile))
    : plainKey(text, path)
  keepSecret(key)
  return key
}

async function textOf(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (cause) {
    throw unusable(path, (cause as Error).message)
  }
}

function plainKey(text: string, path: string): Hex {
  if (/^(0x)?[0-9a-f]{64}$/i.test(text)) return `0x${text.replace(/^0x/, '').toLowerCase()}`
  throw unusable(path, 'it is neither one line of 64 hexadecimal digits nor a keystore')
}

const unusable = (path: string, why: string): UserError =>
  new UserError(
    'configuration',
    `Cannot use key file ${printable(path)}: ${why}. Pass a file with the private key of the account that pays.`,
  )
