/** `bandwitness provider redeem`: has the vouchers and the served slots that the data directory holds paid now. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { InferredOptionTypes } from 'yargs'
import type { Hex } from '../../proto/hex.js'
import { releaseCall } from '../../verifier/chain/escrow.js'
import { exactTokensText } from '../../verifier/cli/figures.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { openLog } from '../../verifier/cli/log.js'
import { print } from '../../verifier/cli/output.js'
import { ACCOUNT_OPTIONS, type OwnAccount, sent, withOwnAccount } from '../../verifier/cli/own-account.js'
import { settings } from '../../verifier/cli/settings.js'
import { textTable } from '../../verifier/cli/text-table.js'
import { UserError } from '../../verifier/config/errors.js'
import type { TxResult } from '../../verifier/core/ports.js'
import type { Purpose } from '../core/purpose.js'
import { LANE_FOLDER, ownLanes } from './lanes/open-lanes.js'
import { openServedStore } from './lanes/served-store.js'
import { redeemerOf, VOUCHER_FOLDERS } from './vouchers/till.js'
import { openVoucherStore } from './vouchers/voucher-store.js'

const OPTIONS = {
  ...ACCOUNT_OPTIONS,
  release: {
    type: 'boolean',
    default: false,
    describe: 'Then end the channels that their payers close, so that these need not wait for the thaw',
  },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export interface RedeemJson {
  readonly account: string
  readonly redeemed: readonly {
    readonly channel: string
    readonly purpose: Purpose
    /** that the channel has paid for so far */
    readonly bytes: number
    /** that this redemption brought */
    readonly wei: string
    readonly txHash: string | null
  }[]
  readonly settled: readonly {
    readonly lane: string
    /** of the lane, that were served so far */
    readonly slots: number
    /** that they brought now */
    readonly wei: string
    readonly txHash: string | null
  }[]
  /** channels that were ended */
  readonly released: readonly string[]
}

export const providerRedeem: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: flags =>
    withOwnAccount(flags, async own => {
      const purposes = (['relay', 'exit'] as const).filter(one => existsSync(folderOf(flags, one)))
      const [redeemed, released]: [RedeemJson['redeemed'][number][], Hex[]] = [[], []]
      for (const purpose of purposes) {
        const store = await openVoucherStore(folderOf(flags, purpose))
        try {
          const { channels, redeemer } = redeemerOf({ store, purpose, chain: own.chain, log: openLog('warn') })
          for (const { id: channel, bytes, wei, result } of await redeemer.redeemAll()) {
            const txHash = txHashOf(result, `the voucher of channel ${channel}`)
            redeemed.push({ channel, purpose, bytes, wei: `${wei}`, txHash })
          }
          const closing = [...channels.open].filter(([, { isClosing }]) => flags.release && isClosing)
          for (const [id, { channel }] of closing) {
            await sent(own, releaseCall(own.chain.context, channel), `the release of channel ${id}`)
            released.push(id)
          }
        } finally {
          await store.close()
        }
      }
      const settled = await settleLanes(join(flags['data-dir'], LANE_FOLDER), own)
      print<RedeemJson>(flags, { account: own.account, redeemed, settled, released }, redeemText)
    }),
}

async function settleLanes(folder: string, { chain }: OwnAccount): Promise<RedeemJson['settled']> {
  if (!existsSync(folder)) return []
  const store = await openServedStore(folder)
  try {
    const { lanes, settler } = await ownLanes(chain, store, openLog('warn'))
    await lanes.lookAgain()
    return (await settler.settleAll()).map(({ id: lane, slots, wei, result }) => ({
      ...{ lane, slots, wei: `${wei}` },
      txHash: txHashOf(result, `lane ${lane}`),
    }))
  } finally {
    await store.close()
  }
}

const folderOf = (flags: Flags, purpose: Purpose): string => join(flags['data-dir'], VOUCHER_FOLDERS[purpose])

/** @returns null if somebody else was first. @throws UserError 'configuration' if the chain refuses it */
function txHashOf(result: TxResult, what: string): Hex | null {
  if (result.kind === 'rejected')
    throw new UserError('configuration', `The chain does not pay for ${what}: ${result.reason}.`)
  return result.kind === 'done' ? result.txHash : null
}

function redeemText({ account, redeemed, settled, released }: RedeemJson): string {
  const all = [...redeemed, ...settled].reduce((sum, { wei }) => sum + BigInt(wei), 0n)
  const ended = released.length === 0 ? [] : [`Ended ${released.length} channels that were closing.`]
  if (redeemed.length + settled.length === 0) return [`Nothing is owed to ${account}.`, ...ended].join('\n')
  const tokens = (wei: string) => `${exactTokensText(BigInt(wei))} tokens`
  return [
    textTable([
      ['from', 'for', 'so far', 'brought'],
      ...redeemed.map(({ channel, purpose, bytes, wei }) => [channel, `its ${purpose}`, `${bytes} bytes`, tokens(wei)]),
      ...settled.map(({ lane, slots, wei }) => [lane, 'a lane', `${slots} slots`, tokens(wei)]),
    ]),
    `${exactTokensText(all)} tokens in all.`,
    ...ended,
  ].join('\n')
}
