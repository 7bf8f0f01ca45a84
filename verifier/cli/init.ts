/** Makes a node's data directory: its keys, and for a verifier the database that holds what it signs. */

import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { InferredOptionTypes } from 'yargs'
import { checkNoKeys, keysPath, saveKeys } from '../config/key-file.js'
import { createKeys, type NodeKeys } from '../config/keys.js'
import type { EncryptedKeys } from '../config/keystore-schema.js'
import type { InitJson } from '../evidence/schema/data-directory.js'
import { encryptKeys } from '../keystore/encrypt.js'
import { accountFrom, blsFrom } from '../keystore/import.js'
import { accountAddress } from '../keystore/public-keys.js'
import { Store } from '../store/store.js'
import { CLAIM_NOTICE } from './claim-notice.js'
import type { Command } from './lazily.js'
import { print } from './output.js'
import { newPassword, PASSWORD_OPTION, passwordOf } from './password.js'
import { settings } from './settings.js'

const OPTIONS = {
  'data-dir': { type: 'string', demandOption: true, describe: 'Directory to make; existing keys are never replaced' },
  ...PASSWORD_OPTION,
  'import-account': {
    type: 'string',
    describe: 'Keystore (Web3 secret storage, version 3) of the account to use (default: a new account)',
  },
  'import-password-file': {
    type: 'string',
    describe: 'File whose one line is the password of the imported keystores (default: asked for on the terminal)',
  },
} as const

/** Providers and clients never sign with their BLS keys. */
const VERIFIER_OPTIONS = {
  ...OPTIONS,
  'import-bls': { type: 'string', describe: 'Keystore (EIP-2335) of the BLS key to use (default: a new key)' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { 'import-bls'?: string | undefined; json?: unknown }

/** Makes all of it, or nothing. @throws KeyFileError where there are keys already; UserError */
export async function initNode(role: InitJson['role'], dataDir: string, keys: NodeKeys | EncryptedKeys): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  const before = new Set(await readdir(dataDir))
  await saveKeys(keysPath(dataDir), keys)
  if (role !== 'verifier') return
  try {
    await (await Store.open(dataDir, { mode: 'create' })).close()
  } catch (error) {
    // Keys that nobody has seen, and a record of no signature, would only stand in the way of the next try.
    const made = (await readdir(dataDir)).filter(name => !before.has(name))
    for (const name of made) await rm(join(dataDir, name), { recursive: true, force: true }).catch(() => undefined)
    throw error
  }
}

export function initCommand(role: InitJson['role']): Command<Flags> {
  return {
    builder: y => settings(y, role === 'verifier' ? VERIFIER_OPTIONS : OPTIONS),
    handler: async flags => {
      const dataDir = flags['data-dir']
      await checkNoKeys(keysPath(dataDir))
      const keys = await keysFor(flags)
      await initNode(role, dataDir, await encryptKeys(keys, await newPassword(flags['password-file'])))
      const account = accountAddress(keys.evm)
      print<InitJson>(flags, { role, account, dataDir }, found => initText(found, flags['import-bls'] !== undefined))
    },
  }
}

/** New keys, with imported ones in their places. Every file is read before a password is asked for. */
async function keysFor(flags: Flags): Promise<NodeKeys> {
  const { 'import-account': account, 'import-bls': bls, 'import-password-file': passwordFile } = flags
  const openAccount = account && (await accountFrom(account))
  const openBls = bls && (await blsFrom(bls))
  const keys = createKeys({ bytes: length => new Uint8Array(randomBytes(length)) })
  return {
    ...keys,
    ...(openAccount && { evm: await openAccount(await passwordOf(account, passwordFile)) }),
    ...(openBls && { bls: await openBls(await passwordOf(bls, passwordFile)) }),
  }
}

function initText({ role, account, dataDir }: InitJson, isBlsImported: boolean): string {
  const made = `New ${role} in ${dataDir}, account ${account}. Keep a copy of its keys.json, and the password in another place: without it the keys are lost.`
  if (role === 'client')
    return `${made}\n\nSend the account tokens to pay with, and some of the chain's currency for gas. Then: \`bandwitness client run\`.`
  if (role === 'provider') return `${made}\n\n${CLAIM_NOTICE}\nBefore you register: \`bandwitness provider check\`.`
  return isBlsImported
    ? `${made}\n\nIf the imported BLS key has signed before: end the verifier that used it for good, and bring its record here with \`bandwitness verifier record import\` before you run this one. Otherwise it may sign something else, and lose its bond.`
    : made
}
