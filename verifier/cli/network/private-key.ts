/** The key of an account that belongs to no node. */
import { readFile } from 'node:fs/promises'
import type { Hex } from '../../../proto/hex.js'
import { UserError } from '../../config/errors.js'
import { keepSecret } from '../../config/secrets.js'
import { printable } from '../printable.js'

/** @returns the 32 bytes in hexadecimal that are the whole file, with or without 0x. @throws UserError 'configuration', without the text */
export async function readPrivateKey(path: string): Promise<Hex> {
  let text: string
  try {
    text = (await readFile(path, 'utf8')).trim()
  } catch (cause) {
    throw unusable(path, (cause as Error).message)
  }
  if (!/^(0x)?[0-9a-f]{64}$/i.test(text)) throw unusable(path, 'it is not one line of 64 hexadecimal digits')
  const key = `0x${text.replace(/^0x/, '').toLowerCase()}` as const
  keepSecret(key)
  return key
}

const unusable = (path: string, why: string): UserError =>
  new UserError(
    'configuration',
    `Cannot use key file ${printable(path)}: ${why}. Pass a file with the private key of the account that pays.`,
  )
