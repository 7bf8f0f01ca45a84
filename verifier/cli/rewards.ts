/** `bandwitness rewards claim`: takes what an account has earned out of the pot. */

import type { InferredOptionTypes } from 'yargs'
import { connectChain } from '../chain/connect.js'
import { UserError } from '../config/errors.js'
import { loadNetworkFile } from '../config/network-file.js'
import { claimableIn } from '../evidence/claimable.js'
import { addressArgument } from '../evidence/schema/arguments.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { ClaimJson } from '../evidence/schema/rewards.js'
import { API_OPTION, apiAt, askApi } from './api-client.js'
import { argumentOf } from './argument.js'
import { tokensText } from './figures.js'
import type { Command } from './lazily.js'
import { NODE_OPTIONS } from './node-settings.js'
import { print } from './output.js'
import { type KeyFlags, readOwnKeys } from './own-keys.js'
import { PASSWORD_OPTION } from './password.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...API_OPTION,
  'data-dir': {
    type: 'string',
    demandOption: true,
    describe: 'Data directory of the node whose key pays for the transaction',
  },
  ...PASSWORD_OPTION,
  network: { type: 'string', demandOption: true, describe: 'Network file' },
  rpc: NODE_OPTIONS.rpc,
  for: { type: 'string', describe: 'Account to claim for: the tokens go to that account (default: the own account)' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const rewardsClaim: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: async flags => print(flags, await claimFor(flags), claimText),
}

/** @throws UserError if there is no final report, the verifier's answer is not the chain's, or the chain refuses */
export async function claimFor(flags: Omit<Flags, keyof KeyFlags | 'json'> & KeyFlags): Promise<ClaimJson> {
  const forWhom = flags.for === undefined ? undefined : argumentOf(addressArgument, flags.for, '--for ')
  apiAt(flags.api) // a URL that is none is told before the chain is asked
  const network = await loadNetworkFile(flags.network)
  const keys = await readOwnKeys(flags)
  const chain = await connectChain({ rpcUrl: flags.rpc, network, privateKey: keys.evm })
  try {
    const account = forWhom ?? chain.account!
    const report = await chain.newestFinal()
    if (report === undefined)
      throw new UserError('configuration', 'No report is final yet, so nothing can be claimed. Try again later.')
    const { header } = report
    const shown = await askApi(flags.api, ENDPOINTS.rewards, { epoch: header.epoch })
    const { reward, proof } = claimableIn(shown, report, account)
    const amount = reward.cumulative - (await chain.rewardsClaimed(account))
    const done = { account, epoch: header.epoch, cumulative: reward.cumulative.toString() }
    if (amount <= 0n) return { ...done, amount: '0', txHash: null }
    const result = await chain.claimRewards(header, reward, proof)
    if (result.kind === 'rejected')
      throw new UserError('configuration', `The chain refuses the claim: ${result.reason}. Try again later.`)
    if (result.kind === 'already') return { ...done, amount: '0', txHash: null }
    return { ...done, amount: amount.toString(), txHash: result.txHash }
  } finally {
    chain.close()
  }
}

const claimText = ({ account, epoch, amount, cumulative, txHash }: ClaimJson): string =>
  txHash === null
    ? `Nothing new for ${account}: the newest final report is of epoch ${epoch}, and its ${tokensText(BigInt(cumulative))} tokens are claimed.`
    : `Paid ${tokensText(BigInt(amount))} tokens to ${account}, ${tokensText(BigInt(cumulative))} in all up to epoch ${epoch} (${txHash}).`
