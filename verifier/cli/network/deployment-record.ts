/**
 * Where a deployment began, on disk before its first transaction is sent. All addresses follow from it, so a deployment
 * that stopped in the middle goes on, and pays for nothing twice.
 */
import { readFile, rm } from 'node:fs/promises'
import { z } from 'zod'
import { keccakText } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import type { DeploymentStart } from '../../chain/deploy-network.js'
import type { DeploymentSettings } from '../../config/deployment-settings.js'
import { UserError } from '../../config/errors.js'
import { parseJson } from '../../config/parse-json.js'
import { notWritten, writeWhole } from '../../config/whole-file.js'
import { address, count, hash } from '../../evidence/schema/scalars.js'

const recordSchema = z.strictObject({
  chainId: count,
  account: address,
  /** of all settings */
  settingsHash: hash,
  firstNonce: count,
  deployBlock: count,
})
type DeploymentRecord = z.infer<typeof recordSchema>

/** What must be the same when a deployment goes on. */
export interface DeploymentOwner {
  readonly chainId: number
  readonly account: Hex
  readonly settings: DeploymentSettings
}

export const recordPath = (out: string): string => `${out}.deploying`

/** @returns undefined if no deployment began. @throws UserError 'configuration' for the record of another deployment */
export async function earlierStart(out: string, owner: DeploymentOwner): Promise<DeploymentStart | undefined> {
  const path = recordPath(out)
  const record = await readRecord(path)
  if (record === undefined) return undefined
  const { firstNonce, deployBlock } = record
  const own = recordOf(owner, { firstNonce, deployBlock })
  const differs = (['chainId', 'account', 'settingsHash'] as const).find(name => record[name] !== own[name])
  if (differs === undefined) return { firstNonce, deployBlock }
  const what = { chainId: 'chain', account: 'account', settingsHash: 'parameters file' }[differs]
  throw new UserError(
    'configuration',
    `${path} is the record of a deployment with another ${what} that is not complete. Finish that one with the same command, or remove the record to leave its contracts unused.`,
  )
}

/** @throws UserError if it cannot be written, or another process began the same deployment */
export async function recordStart(out: string, owner: DeploymentOwner, start: DeploymentStart): Promise<void> {
  const path = recordPath(out)
  try {
    await writeWhole(path, `${JSON.stringify(recordOf(owner, start))}\n`, { place: 'new' })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritten(path, cause)
    throw new UserError('configuration', `Another process has just begun to deploy ${out}. Wait until it has ended.`)
  }
}

export const forgetStart = (out: string): Promise<void> => rm(recordPath(out), { force: true })

function recordOf({ chainId, account, settings }: DeploymentOwner, start: DeploymentStart): DeploymentRecord {
  return { chainId, account, settingsHash: settingsHash(settings), ...start }
}

/** Whatever the order in which the file names them. */
const settingsHash = ({ params, ...settings }: DeploymentSettings): Hex =>
  keccakText(JSON.stringify([sorted(params), sorted(settings)]))

const sorted = (record: object): [string, string][] =>
  Object.entries(record)
    .map(([name, value]): [string, string] => [name, `${value}`])
    .sort(([a], [b]) => (a < b ? -1 : 1))

async function readRecord(path: string): Promise<DeploymentRecord | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const parsed = recordSchema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new UserError('configuration', `${path} is no record of a deployment. Remove it, then deploy again.`)
}
