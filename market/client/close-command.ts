import type { InferredOptionTypes } from 'yargs'
import { timeText } from '../../verifier/cli/figures.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { print } from '../../verifier/cli/output.js'
import { ACCOUNT_OPTIONS, withOwnAccount } from '../../verifier/cli/own-account.js'
import { settings } from '../../verifier/cli/settings.js'
import { UserError } from '../../verifier/config/errors.js'
import { closeAll } from './closing.js'
import { LaneRefunds, type Refunds } from './lane-refunds.js'
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
  /** those whose unpaid slots can come back later, unix seconds */
  readonly lanesLater: readonly { readonly id: string; readonly refundableAt: number }[]
  /** channels and lanes whose transactions the chain did not take */
  readonly refused: readonly { readonly id: string; readonly reason: string }[]
}

const NO_REFUNDS: Refunds = { taken: [], later: [], refused: [] }

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
      const closings = await closeAll(chain, wanted)
      const refunds = flags.channel === undefined ? await (await LaneRefunds.of(chain, account)).take() : NO_REFUNDS
      const found: CloseJson = {
        closed: closings.flatMap(one => (one.kind === 'closed' ? [one.id] : [])),
        thawing: closings.flatMap(one => (one.kind === 'thawing' ? [{ id: one.id, closesAt: one.closesAt }] : [])),
        lanes: refunds.taken,
        lanesLater: refunds.later.map(({ id, refundableAt }) => ({ id, refundableAt })),
        refused: [
          ...closings.flatMap(one => (one.kind === 'refused' ? [{ id: one.id, reason: one.reason }] : [])),
          ...refunds.refused,
        ],
      }
      print(flags, found, closeText)
      if (found.refused.length > 0) throw refusal(found)
    }),
}

function refusal({ refused }: CloseJson): UserError {
  const reasons = [...new Set(refused.map(({ reason }) => reason))].join('; ')
  return new UserError(
    'configuration',
    `Not all channels and lanes could be closed: ${reasons}. See to that, then call this again.`,
  )
}

function closeText({ closed, thawing, lanes, lanesLater, refused }: CloseJson): string {
  const last = Math.max(0, ...thawing.map(({ closesAt }) => closesAt))
  const lines = [
    ...(closed.length > 0 ? [`Closed ${closed.length} channels: what was left has come back.`] : []),
    ...(thawing.length > 0
      ? [`${thawing.length} channels thaw until ${timeText(last)}. Call this again then, to have the rest.`]
      : []),
    ...(lanes.length > 0 ? [`Took back what was unpaid of ${lanes.length} lanes.`] : []),
    ...lanesLater.map(
      ({ id, refundableAt }) => `What is unpaid of lane ${id} can come back at ${timeText(refundableAt)}.`,
    ),
    ...refused.map(({ id, reason }) => `Not closed: ${id}, because ${reason}.`),
  ]
  return lines.length > 0 ? lines.join('\n') : 'The account pays from no channel.'
}
