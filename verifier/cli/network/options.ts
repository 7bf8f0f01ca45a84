/** What the commands about networks share. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { deploymentSettings } from '../../config/deployment-file.js'
import type { DeploymentSettings } from '../../config/deployment-settings.js'
import { UserError } from '../../config/errors.js'

export const RPC_OPTION = {
  type: 'string',
  demandOption: true,
  describe: 'JSON-RPC URL of the chain',
} as const

/** Of the account that pays, which belongs to no node. */
export const KEY_OPTIONS = {
  key: {
    type: 'string',
    demandOption: true,
    describe:
      'File with the private key of the account that pays: a keystore (Web3 secret storage, version 3), or plain hexadecimal',
  },
  'password-file': {
    type: 'string',
    describe: 'File whose one line is the password of the keystore of --key (default: asked for on the terminal)',
  },
} as const

export const FILE = { type: 'string', demandOption: true, describe: 'Network file' } as const

export const PARAMS_OPTION = {
  type: 'string',
  describe: 'File of what the network is deployed with, YAML or JSON (docs/guides/network.yaml is one)',
} as const

/** @throws UserError 'configuration' with a sentence for each fault */
export function readSettings(path: string): DeploymentSettings {
  let found: unknown
  try {
    found = parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    const [firstLine] = (cause as Error).message.split('\n')
    throw new UserError(
      'configuration',
      `Cannot read --params ${path}: ${firstLine!.replace(/:$/, '')}. Correct the file, or pass another.`,
      { cause },
    )
  }
  return deploymentSettings(path, found)
}
