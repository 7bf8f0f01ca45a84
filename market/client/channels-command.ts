import type { InferredOptionTypes } from 'yargs'
import { exactTokensText, timeText } from '../../verifier/cli/figures.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { print } from '../../verifier/cli/output.js'
import { READ_OPTIONS, withShownAccount } from '../../verifier/cli/own-account.js'
import { settings } from '../../verifier/cli/settings.js'
import { textTable } from '../../verifier/cli/text-table.js'
import { purposeOf } from '../core/purpose.js'
import { channelsFrom } from './shown-channels.js'

type Flags = InferredOptionTypes<typeof READ_OPTIONS> & { json?: unknown }

export interface ChannelJson {
  readonly id: string
  readonly payee: string
  readonly purpose: 'relay' | 'exit'
  /** premium goes first on a full link */
  readonly class: 'basic' | 'premium'
  /** wei for 2^30 bytes */
  readonly price: string
  /** wei */
  readonly deposit: string
  /** wei */
  readonly paid: string
  /** end of the thaw, unix seconds; null before it began */
  readonly closesAt: number | null
}

export const clientChannels: Command<Flags> = {
  builder: y => settings(y, READ_OPTIONS),
  handler: flags =>
    withShownAccount(flags, async ({ chain, account }) => {
      const channels = (await channelsFrom(chain, account)).map(
        ({ id, channel, isPremium, deposit, paid, closesAt }): ChannelJson => ({
          ...{ id, payee: channel.payee, purpose: purposeOf(channel.signer), price: `${channel.price}` },
          class: isPremium ? 'premium' : 'basic',
          ...{ deposit: `${deposit}`, paid: `${paid}`, closesAt: closesAt ?? null },
        }),
      )
      print(flags, { account, channels }, channelsText)
    }),
}

function channelsText({ account, channels }: { account: string; channels: readonly ChannelJson[] }): string {
  if (channels.length === 0) return `${account} pays from no channel.`
  const tokens = (wei: string) => `${exactTokensText(BigInt(wei))} tokens`
  return textTable([
    ['channel', 'pays', 'for its', 'class', 'price a GiB', 'deposit', 'paid', ''],
    ...channels.map(({ id, payee, purpose, class: payerClass, price, deposit, paid, closesAt }) => [
      ...[id, payee, purpose, payerClass, tokens(price), tokens(deposit), tokens(paid)],
      closesAt === null ? '' : `closes at ${timeText(closesAt * 1000)}`,
    ]),
  ])
}
