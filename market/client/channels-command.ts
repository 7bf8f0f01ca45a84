import type { InferredOptionTypes } from 'yargs'
import { exactTokensText, rateText, timeText } from '../../verifier/cli/figures.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { print } from '../../verifier/cli/output.js'
import { READ_OPTIONS, withShownAccount } from '../../verifier/cli/own-account.js'
import { settings } from '../../verifier/cli/settings.js'
import { textTable } from '../../verifier/cli/text-table.js'
import { purposeOf } from '../core/purpose.js'
import { LaneRefunds } from './lane-refunds.js'
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

export interface LaneJson {
  readonly id: string
  readonly payee: string
  readonly kbps: number
  /** of its first and after its last slot, unix seconds */
  readonly startsAt: number
  readonly endsAt: number
  readonly slots: number
  readonly slotsPaid: number
  /** wei */
  readonly slotPrice: string
  /** when what is unpaid can come back, unix seconds */
  readonly refundableAt: number
}

export interface ChannelsJson {
  readonly account: string
  readonly channels: readonly ChannelJson[]
  /** of which something is unpaid */
  readonly lanes: readonly LaneJson[]
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
      const lanes = (await (await LaneRefunds.of(chain, account)).lanes()).map(
        ({ id, lane: { payee, kbps, slots, slotPrice }, slotsPaid, startsAt, endsAt, refundableAt }): LaneJson => ({
          ...{ id, payee, kbps, startsAt, endsAt, slots, slotsPaid, slotPrice: `${slotPrice}`, refundableAt },
        }),
      )
      print<ChannelsJson>(flags, { account, channels, lanes }, channelsText)
    }),
}

function channelsText({ account, channels, lanes }: ChannelsJson): string {
  const tables = [
    ...(channels.length > 0 ? [channelTable(channels)] : [`${account} pays from no channel.`]),
    ...(lanes.length > 0 ? [laneTable(lanes)] : []),
  ]
  return tables.join('\n\n')
}

const tokens = (wei: string): string => `${exactTokensText(BigInt(wei))} tokens`

const channelTable = (channels: readonly ChannelJson[]): string =>
  textTable([
    ['channel', 'pays', 'for its', 'class', 'price a GiB', 'deposit', 'paid', ''],
    ...channels.map(({ id, payee, purpose, class: payerClass, price, deposit, paid, closesAt }) => [
      ...[id, payee, purpose, payerClass, tokens(price), tokens(deposit), tokens(paid)],
      closesAt === null ? '' : `closes at ${timeText(closesAt)}`,
    ]),
  ])

const laneTable = (lanes: readonly LaneJson[]): string =>
  textTable([
    ['lane', 'at', 'rate', 'until', 'paid', 'price a slot', ''],
    ...lanes.map(({ id, payee, kbps, endsAt, slots, slotsPaid, slotPrice, refundableAt }) => [
      ...[id, payee, rateText(kbps), timeText(endsAt), `${slotsPaid} of ${slots} slots`, tokens(slotPrice)],
      `the rest can come back at ${timeText(refundableAt)}`,
    ]),
  ])
