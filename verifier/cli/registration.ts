/** What `verifier register` and `provider register` share: whose stake it is, and where it is paid one day. */
import type { InferredOptionTypes } from 'yargs'
import type { Hex } from '../../proto/hex.js'
import { parseAccount } from '../chain/account.js'
import type { JoinPlan } from '../chain/join.js'
import { readStake, readTokens } from '../chain/stake.js'
import { UserError } from '../config/errors.js'
import type { RegistrationJson } from '../evidence/schema/data-directory.js'
import { confirm, YES_OPTION } from './confirm.js'
import { exactTokensText, tokensText } from './figures.js'
import { print } from './output.js'
import { ACCOUNT_OPTIONS, type OwnAccount, withOwnAccount } from './own-account.js'
import { textTable } from './text-table.js'

export const REGISTER_OPTIONS = {
  ...ACCOUNT_OPTIONS,
  ...YES_OPTION,
  'withdrawal-address': {
    type: 'string',
    describe: 'Account that withdrawals pay, which nobody but itself can change (default: the account that registers)',
  },
} as const

type Flags = InferredOptionTypes<typeof REGISTER_OPTIONS> & { json?: unknown }

/** The account that registers. */
export interface Applicant extends OwnAccount {
  readonly withdrawalAddress: Hex | undefined
  /** Asks before anything is sent. */
  readonly confirm: (plan: JoinPlan) => Promise<void>
}

/** Registers the keys of a data directory, and prints the entry. @param join registers. @returns the registry index */
export async function register(
  role: RegistrationJson['role'],
  flags: Flags,
  join: (applicant: Applicant) => Promise<number>,
): Promise<void> {
  const withdrawalAddress = accountFrom(flags['withdrawal-address'])
  await withOwnAccount(flags, async own => {
    const { chain, account, network } = own
    const known = role === 'verifier' ? await chain.verifierIndex(account) : (await chain.provider(account))?.index
    if (known !== undefined) {
      throw new UserError(
        'configuration',
        `${account} is ${role} ${known} of network "${network.name}" already. Make new keys with \`${role} init\` for another.`,
      )
    }
    const ask = (plan: JoinPlan) => confirm(flags, planText(role, plan, own, withdrawalAddress ?? account))
    const index = await join({ ...own, withdrawalAddress, confirm: ask })
    const paid = await chain.withdrawalAddress(role, account)
    print<RegistrationJson>(flags, { role, account, index, withdrawalAddress: paid }, registrationText)
  })
}

/** @throws UserError 'configuration' if the account has too few tokens: the registration says so too, in wei */
export async function checkTokens(
  { chain, account, network }: OwnAccount,
  role: RegistrationJson['role'],
  stake: bigint,
): Promise<void> {
  const [{ free }, held] = await Promise.all([
    readStake(chain.context, role, account),
    readTokens(chain.context, account),
  ])
  if (held + free >= stake) return
  throw new UserError(
    'configuration',
    `${account} holds ${exactTokensText(held)} tokens of ${network.contracts.stakeToken}, and the registration needs ${exactTokensText(stake - free)}. Send the account tokens, then register again.`,
  )
}

function planText(role: string, plan: JoinPlan, { network }: OwnAccount, pays: Hex): string {
  const { account, stake, deposited, tokens, allowance, ether, mostEther, transactions } = plan
  return textTable([
    ['account', `${account}, with ${tokensText(tokens)} stake tokens and ${tokensText(ether)} ether`],
    ['network', `${network.name}, chain ${network.chainId}`],
    [
      role === 'verifier' ? 'bond' : 'stake',
      `${tokensText(stake)} tokens, ${tokensText(deposited)} of them deposited before`,
    ],
    ['allowance', `the vault may take ${tokensText(allowance)} tokens now`],
    ['sends', transactions.join(', ')],
    ['costs', `at most ${tokensText(mostEther)} ether for gas`],
    ['pays', `withdrawals go to ${pays}`],
  ])
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
