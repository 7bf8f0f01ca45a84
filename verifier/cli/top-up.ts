/** `bandwitness verifier top-up` and `provider top-up`: adds tokens to a bond or a stake. */

import type { InferredOptionTypes } from 'yargs'
import { approveCall, depositCall, type Role, readStake, readTokens, topUpCall } from '../chain/stake.js'
import { UserError } from '../config/errors.js'
import type { TopUpJson } from '../evidence/schema/stake.js'
import { parseTokens, tokensText } from './figures.js'
import type { Command } from './lazily.js'
import { print } from './output.js'
import { ACCOUNT_OPTIONS, registeredIndex, sent, withOwnAccount } from './own-account.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...ACCOUNT_OPTIONS,
  amount: { type: 'string', demandOption: true, describe: 'Tokens to add, such as 12.5' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const topUpCommand = (role: Role): Command<Flags> => ({
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const amount = parseTokens('amount', flags.amount)
    await withOwnAccount(flags, async own => {
      const { chain, account } = own
      const index = await registeredIndex(own, role)
      // What an attempt before has deposited is not deposited again.
      const { free } = await readStake(chain.context, role, account)
      const missing = amount > free ? amount - free : 0n
      const held = await readTokens(chain.context, account)
      if (held < missing) {
        throw new UserError(
          'configuration',
          `${account} holds ${tokensText(held)} tokens, and ${tokensText(missing)} are needed. Send it tokens, then top up again.`,
        )
      }
      if (missing > 0n) {
        await sent(own, approveCall(chain.context, missing), 'the approval')
        await sent(own, depositCall(chain.context, role, missing), 'the deposit')
      }
      const txHash = await sent(own, topUpCall(chain.context, role), 'the top-up')
      const { active } = await readStake(chain.context, role, account)
      print<TopUpJson>(flags, { role, account, index, active: active.toString(), txHash }, topUpText)
    })
  },
})

const topUpText = ({ role, account, index, active, txHash }: TopUpJson): string =>
  `${account}, ${role} ${index}, has ${tokensText(BigInt(active))} tokens bonded (${txHash}).`
