/** What `verifier register` and `provider register` share: whose stake it is, and where it is paid one day. */
import type { InferredOptionTypes } from 'yargs'
import type { Hex } from '../../proto/hex.js'
import { parseAccount } from '../chain/account.js'
import { connectChain } from '../chain/connect.js'
import type { EthersChain } from '../chain/ethers-chain.js'
import { UserError } from '../config/errors.js'
import { loadKeys, type NodeKeys } from '../config/keys.js'
import { loadNetworkFile, type NetworkFile } from '../config/network-file.js'
import type { RegistrationJson } from '../evidence/schema/data-directory.js'
import { keysPath, NODE_OPTIONS } from './node-settings.js'
import { print } from './output.js'

export const REGISTER_OPTIONS = {
  'data-dir': NODE_OPTIONS['data-dir'],
  network: NODE_OPTIONS.network,
  rpc: NODE_OPTIONS.rpc,
  'withdrawal-address': {
    type: 'string',
    describe: 'Account that withdrawals pay, which nobody but itself can change (default: the account that registers)',
  },
} as const

type Flags = InferredOptionTypes<typeof REGISTER_OPTIONS> & { json?: unknown }

/** The account that registers, and its connection. */
export interface Applicant {
  readonly chain: EthersChain
  readonly account: Hex
  readonly keys: NodeKeys
  readonly network: NetworkFile
  readonly withdrawalAddress: Hex | undefined
}

/** Registers the keys of a data directory, and prints the entry. @param join registers. @returns the registry index */
export async function register(
  role: RegistrationJson['role'],
  flags: Flags,
  join: (applicant: Applicant) => Promise<number>,
): Promise<void> {
  const withdrawalAddress = accountFrom(flags['withdrawal-address'])
  const keys = await loadKeys(keysPath(flags['data-dir']))
  const network = await loadNetworkFile(flags.network)
  const chain = await connectChain({ rpcUrl: flags.rpc, network, privateKey: keys.evm })
  try {
    const account = chain.account!
    const known = role === 'verifier' ? await chain.verifierIndex(account) : (await chain.provider(account))?.index
    if (known !== undefined) {
      throw new UserError(
        'configuration',
        `${account} is ${role} ${known} of network "${network.name}" already. Make new keys with \`${role} init\` for another.`,
      )
    }
    const index = await join({ chain, account, keys, network, withdrawalAddress })
    const paid = await chain.withdrawalAddress(role, account)
    print<RegistrationJson>(flags, { role, account, index, withdrawalAddress: paid }, registrationText)
  } finally {
    chain.close()
  }
}

const registrationText = ({ role, account, index, withdrawalAddress }: RegistrationJson): string =>
  withdrawalAddress === account
    ? `Registered ${account} as ${role} ${index}. Withdrawals pay the account itself, so whoever gets its key can take the stake. Name a safer one with StakeVault.setWithdrawalAddress.`
    : `Registered ${account} as ${role} ${index}. Withdrawals pay ${withdrawalAddress}, and only that account can change this.`

/** @throws UserError 'usage' */
function accountFrom(text: string | undefined): Hex | undefined {
  if (text === undefined) return undefined
  const account = parseAccount(text)
  if (account !== undefined) return account
  throw new UserError(
    'usage',
    `--withdrawal-address ${text} is no account. Give one such as 0x52908400098527886E0F7030069857D2E4169EE7.`,
  )
}
