/** The account of a data directory on the chain, for the commands that act in its name. */
import type { InferredOptionTypes } from 'yargs'
import type { Hex } from '../../proto/hex.js'
import { connectChain } from '../chain/connect.js'
import type { EthersChain } from '../chain/ethers-chain.js'
import type { Call } from '../chain/sender.js'
import type { Role } from '../chain/stake.js'
import { UserError } from '../config/errors.js'
import { keysPath, readKeyFile } from '../config/key-file.js'
import type { NodeKeys } from '../config/keys.js'
import { loadNetworkFile, type NetworkFile } from '../config/network-file.js'
import { accountIn } from '../keystore/public-keys.js'
import { NODE_OPTIONS } from './node-settings.js'
import { readOwnKeys } from './own-keys.js'
import { PASSWORD_OPTION } from './password.js'

/** For a command that sends nothing, and so needs no password. */
export const READ_OPTIONS = {
  'data-dir': NODE_OPTIONS['data-dir'],
  network: NODE_OPTIONS.network,
  rpc: NODE_OPTIONS.rpc,
} as const

export const ACCOUNT_OPTIONS = { ...READ_OPTIONS, ...PASSWORD_OPTION } as const

export type ReadFlags = InferredOptionTypes<typeof READ_OPTIONS>
export type AccountFlags = InferredOptionTypes<typeof ACCOUNT_OPTIONS> & { json?: unknown }

/** The account as anybody sees it. */
export interface ShownAccount {
  readonly chain: EthersChain
  readonly account: Hex
  readonly network: NetworkFile
}

export interface OwnAccount extends ShownAccount {
  readonly keys: NodeKeys
}

/** @throws UserError */
export async function withShownAccount<T>(flags: ReadFlags, use: (own: ShownAccount) => Promise<T>): Promise<T> {
  const account = accountIn(await readKeyFile(keysPath(flags['data-dir'])))
  const network = await loadNetworkFile(flags.network)
  const chain = await connectChain({ rpcUrl: flags.rpc, network })
  try {
    return await use({ chain, account, network })
  } finally {
    chain.close()
  }
}

/** @throws UserError */
export async function withOwnAccount<T>(flags: AccountFlags, use: (own: OwnAccount) => Promise<T>): Promise<T> {
  const network = await loadNetworkFile(flags.network)
  const keys = await readOwnKeys(flags)
  const chain = await connectChain({ rpcUrl: flags.rpc, network, privateKey: keys.evm })
  try {
    return await use({ chain, account: chain.account!, keys, network })
  } finally {
    chain.close()
  }
}

/** @returns the registry index. @throws UserError 'configuration' for an account that is not registered */
export async function registeredIndex({ chain, account, network }: OwnAccount, role: Role): Promise<number> {
  const index = role === 'verifier' ? await chain.verifierIndex(account) : (await chain.provider(account))?.index
  if (index !== undefined) return index
  throw new UserError(
    'configuration',
    `${account} is no ${role} of network "${network.name}". Register it with \`bandwitness ${role} register\`, or name another --data-dir.`,
  )
}

/** @returns the hash of the transaction. @throws UserError 'configuration' with the reason if the chain refuses it */
export async function sent({ chain }: Pick<OwnAccount, 'chain'>, call: Call, what: string): Promise<Hex> {
  const result = await chain.sender!.send(call)
  if (result.kind === 'done') return result.txHash
  const reason = result.kind === 'rejected' ? result.reason : 'it was done before'
  throw new UserError('configuration', `The chain refuses ${what}: ${reason}.`)
}
