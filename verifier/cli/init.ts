/** Makes a node's data directory: fresh keys, and for a verifier the database that holds what it signs. */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommandModule, InferredOptionTypes } from 'yargs'
import { accountOf } from '../chain/account.js'
import { createKeys, type NodeKeys, saveKeys } from '../config/keys.js'
import type { InitJson } from '../evidence/schema/data-directory.js'
import { Store } from '../store/store.js'
import { CLAIM_NOTICE } from './claim-notice.js'
import { keysPath } from './node-settings.js'
import { print } from './output.js'
import { settings } from './settings.js'

const OPTIONS = {
  'data-dir': { type: 'string', demandOption: true, describe: 'Directory to make; existing keys are never replaced' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

/** Makes all of it, or nothing. @throws KeyFileError where there are keys already; UserError */
export async function initNode(role: 'verifier' | 'provider', dataDir: string, keys: NodeKeys): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  const before = new Set(await readdir(dataDir))
  await saveKeys(keysPath(dataDir), keys)
  if (role === 'provider') return
  try {
    await (await Store.open(dataDir, { mode: 'create' })).close()
  } catch (error) {
    // Keys that nobody has seen, and a record of no signature, would only stand in the way of the next try.
    const made = (await readdir(dataDir)).filter(name => !before.has(name))
    for (const name of made) await rm(join(dataDir, name), { recursive: true, force: true }).catch(() => undefined)
    throw error
  }
}

export function initCommand(role: 'verifier' | 'provider'): CommandModule<object, Flags> {
  return {
    command: 'init',
    describe: `Make the data directory of a new ${role}`,
    builder: y => settings(y, OPTIONS),
    handler: async flags => {
      const dataDir = flags['data-dir']
      const keys = createKeys({ bytes: length => new Uint8Array(randomBytes(length)) })
      await initNode(role, dataDir, keys)
      const account = accountOf(keys.evm)
      print<InitJson>(flags, { role, account, dataDir }, initText)
    },
  }
}

const initText = ({ role, account, dataDir }: InitJson): string => {
  const made = `New ${role} in ${dataDir}, account ${account}. Keep a copy of its keys.json.`
  return role === 'provider' ? `${made}\n\n${CLAIM_NOTICE}\nBefore you register: \`bandwitness provider check\`.` : made
}
