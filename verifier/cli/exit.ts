/** `bandwitness verifier exit` and `provider exit`: leaves the network for good. */

import type { InferredOptionTypes } from 'yargs'
import { exitCall, type Role, readStake } from '../chain/stake.js'
import type { ExitJson } from '../evidence/schema/stake.js'
import { confirm, YES_OPTION } from './confirm.js'
import { timeText, tokensText } from './figures.js'
import type { Command } from './lazily.js'
import { LEFT_OVER } from './left-stake.js'
import { print } from './output.js'
import { ACCOUNT_OPTIONS, registeredIndex, sent, withOwnAccount } from './own-account.js'
import { settings } from './settings.js'

const OPTIONS = { ...ACCOUNT_OPTIONS, ...YES_OPTION } as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const exitCommand = (role: Role): Command<Flags> => ({
  builder: y => settings(y, OPTIONS),
  handler: flags =>
    withOwnAccount(flags, async own => {
      const index = await registeredIndex(own, role)
      const { chain, account, network } = own
      await confirm(flags, `${account}, ${role} ${index} of network "${network.name}", leaves for good.`)
      const txHash = await sent(own, exitCall(chain.context, role), 'the exit')
      const { unbonding, releaseAt } = await readStake(chain.context, role, account)
      const left = { unbonding: unbonding.toString(), releaseAt: releaseAt ?? null }
      print<ExitJson>(flags, { role, account, index, txHash, ...left }, exitText)
    }),
})

const exitText = ({ role, account, index, unbonding, releaseAt }: ExitJson): string =>
  releaseAt === null
    ? `${account} leaves: ${role} ${index} of the network until the next freeze. Keep it running until then, or it loses what it would earn. Its bond unbonds from then on.`
    : `${account} has left. ${tokensText(BigInt(unbonding))} tokens unbond, and can be withdrawn from ${timeText(releaseAt)} on with \`bandwitness ${role} withdraw\`. Until then they can still be slashed.${role === 'provider' ? ` Stop the node. ${LEFT_OVER}` : ''}`
