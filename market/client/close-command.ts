import type { InferredOptionTypes } from 'yargs'
import { closeCall, startCloseCall } from '../../verifier/chain/escrow.js'
import { timeText } from '../../verifier/cli/figures.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { print } from '../../verifier/cli/output.js'
import { ACCOUNT_OPTIONS, withOwnAccount } from '../../verifier/cli/own-account.js'
import { settings } from '../../verifier/cli/settings.js'
import { UserError } from '../../verifier/config/errors.js'
import { LaneRefunds } from './lane-refunds.js'
import { channelsFrom } from './shown-channels.js'

const OPTIONS = {
  ...ACCOUNT_OPTIONS,
  channel: { type: 'string', describe: 'Id of the channel to close (default: all of the account)' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export interface CloseJson {
  readonly closed: readonly string[]
  /** with the end of their thaw, unix seconds */
  readonly thawing: readonly { readonly id: string; readonly closesAt: number }[]
  /** lanes whose unpaid slots came back */
  readonly lanes: readonly string[]
}

export const clientClose: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: flags =>
    withOwnAccount(flags, async ({ chain, account }) => {
      const all = await channelsFrom(chain, account)
      const wanted = flags.channel === undefined ? all : all.filter(({ id }) => id === flags.channel?.toLowerCase())
      if (flags.channel !== undefined && wanted.length === 0) {
        throw new UserError(
          'usage',
          `${flags.channel} is no open channel of ${account}. List them with \`bandwitness client channels\`.`,
        )
      }
      const { context, sender } = chain
      const closed: string[] = []
      for (const { id, channel, closesAt } of wanted) {
        if (closesAt === undefined) await sender!.send(startCloseCall(context, channel))
        else if ((await sender!.send(closeCall(context, channel))).kind !== 'rejected') closed.push(id)
      }
      const left = (await channelsFrom(chain, account)).filter(({ id }) => wanted.some(one => one.id === id))
      const thawing = left.flatMap(({ id, closesAt }) => (closesAt === undefined ? [] : [{ id, closesAt }]))
      const lanes = flags.channel === undefined ? await (await LaneRefunds.of(chain, account)).take() : []
      print<CloseJson>(flags, { closed, thawing, lanes }, closeText)
    }),
}

function closeText({ closed, thawing, lanes }: CloseJson): string {
  const last = Math.max(0, ...thawing.map(({ closesAt }) => closesAt))
  const lines = [
    ...(closed.length > 0 ? [`Closed ${closed.length} channels: what was left has come back.`] : []),
    ...(thawing.length > 0
      ? [`${thawing.length} channels thaw until ${timeText(last)}. Call this again then, to have the rest.`]
      : []),
    ...(lanes.length > 0 ? [`Took back what was unpaid of ${lanes.length} lanes.`] : []),
  ]
  return lines.length > 0 ? lines.join('\n') : 'The account pays from no channel.'
}
