/** The network file: what a node must know to take part in one network. JSON, public, the same for all nodes. */
import { readFile } from 'node:fs/promises'
import { UserError } from './errors.js'
import { type NetworkFile, networkFileSchema } from './network-schema.js'
import { unreadableBecause } from './unreadable.js'
import { writeWhole } from './whole-file.js'

export type { ContractName, NetworkFile } from './network-schema.js'

/** @throws UserError 'configuration', which names the file and its first fault */
export async function loadNetworkFile(path: string): Promise<NetworkFile> {
  const parsed = networkFileSchema.safeParse(parseJson(path, await readText(path)))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue?.path.length ? ` at ${issue.path.join('.')}` : ''
  throw unusable(path, `${issue?.message ?? 'it does not have the expected form'}${where}`, parsed.error)
}

/** Replaces the file in one step, so that a node never reads half of it. */
export const saveNetworkFile = (path: string, network: NetworkFile): Promise<void> =>
  writeWhole(path, textOf(network), { place: 'replace' })

/** @throws the system's error; EEXIST for a file that exists, which is not replaced */
export const saveNewNetworkFile = (path: string, network: NetworkFile): Promise<void> =>
  writeWhole(path, textOf(network), { place: 'new' })

const textOf = (network: NetworkFile): string => `${JSON.stringify(networkFileSchema.parse(network), null, 2)}\n`

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw unusable(path, unreadableBecause(cause), cause)
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw unusable(path, 'it is not valid JSON', cause)
  }
}

const unusable = (path: string, reason: string, cause: unknown): UserError =>
  new UserError(
    'configuration',
    `Cannot use network file ${path}: ${reason}. Get the file again from the operator of the network, and pass it with --network.`,
    { cause },
  )
