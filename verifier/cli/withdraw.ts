/** `bandwitness verifier withdraw` and `provider withdraw`: has the vault pay out what is free or released. */

import { type Role, readStake, withdrawCall } from '../chain/stake.js'
import { UserError } from '../config/errors.js'
import type { WithdrawalJson } from '../evidence/schema/stake.js'
import { timeText, tokensText } from './figures.js'
import type { Command } from './lazily.js'
import { print } from './output.js'
import { ACCOUNT_OPTIONS, type AccountFlags, sent, withOwnAccount } from './own-account.js'
import { settings } from './settings.js'

export const withdrawCommand = (role: Role): Command<AccountFlags> => ({
  builder: y => settings(y, ACCOUNT_OPTIONS),
  handler: flags =>
    withOwnAccount(flags, async own => {
      const { chain, account } = own
      const before = await readStake(chain.context, role, account)
      if (before.free === 0n && before.unbonding === 0n) throw nothing(role, before.active)
      const txHash = await sent(own, withdrawCall(chain.context, role, account), 'the withdrawal').catch(error => {
        throw before.free === 0n ? tooEarly(before.unbonding, before.releaseAt!, error) : error
      })
      const after = await readStake(chain.context, role, account)
      const amount = before.free + before.unbonding - after.free - after.unbonding
      print<WithdrawalJson>(
        flags,
        { role, account, amount: amount.toString(), to: before.withdrawalAddress, txHash },
        withdrawalText,
      )
    }),
})

const UNBONDS: Record<Role, string> = {
  verifier: 'After `bandwitness verifier exit` they unbond from the freeze on that leaves the verifier out.',
  provider: 'Leave with `bandwitness provider exit` first.',
}

const nothing = (role: Role, active: bigint): UserError =>
  new UserError(
    'configuration',
    active > 0n
      ? `Nothing to withdraw: ${tokensText(active)} tokens are bonded. ${UNBONDS[role]}`
      : 'Nothing to withdraw: the vault holds no tokens of this account.',
  )

const tooEarly = (unbonding: bigint, releaseAt: number, cause: unknown): UserError =>
  new UserError(
    'configuration',
    `${tokensText(unbonding)} tokens are unbonding until ${timeText(releaseAt)}. Withdraw them then.`,
    { cause },
  )

const withdrawalText = ({ amount, to, txHash }: WithdrawalJson): string =>
  `Paid ${tokensText(BigInt(amount))} tokens to ${to} (${txHash}).`
