/**
 * Everything that takes payments for one purpose of an account.
 *
 *   user ── voucher ──▶ book ── kept ──▶ store ──▶ redeemer ──▶ escrow
 *                        └── whose channel? ──▶ own channels ◀── log, balances ── chain
 */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { systemClock } from '../../../probe/index.js'
import type { Payments } from '../../../probe/ports.js'
import type { Hex } from '../../../proto/hex.js'
import { balanceOf, readThaw, redeemCall } from '../../../verifier/chain/escrow.js'
import { EscrowLog } from '../../../verifier/chain/escrow-log.js'
import type { EthersChain } from '../../../verifier/chain/ethers-chain.js'
import type { PaidReceipt } from '../../../verifier/chain/redemption.js'
import { voucherSignerOf } from '../../../verifier/chain/vouchers.js'
import type { Lifecycle } from '../../../verifier/node/lifecycle.js'
import { repeat } from '../../../verifier/node/waiting.js'
import type { Purpose } from '../../core/purpose.js'
import { FRESH_MS, OwnChannels } from './own-channels.js'
import { Redeemer } from './redeemer.js'
import { VoucherBook } from './voucher-book.js'
import { openVoucherStore, type VoucherStore } from './voucher-store.js'

/** Of the vouchers for a purpose, in the data directory. */
export const VOUCHER_FOLDERS = { relay: 'vouchers', exit: 'exit-vouchers' } as const

export interface TillOptions {
  readonly dataDir: string
  readonly purpose: Purpose
  /** of the account that is paid, with its key */
  readonly chain: EthersChain
  readonly log: Logger
}

export interface Till {
  readonly payments: Payments
  readonly channels: OwnChannels
  /** bytes that a channel has paid for so far */
  readonly paidBytes: (channel: Hex) => number
}

/** A channel that closes is looked at so often in its thaw, which leaves time for the transaction. A balance counts as long. */
const LOOKS_IN_THAW = 4
const LONGEST_LOOK_MS = 60_000

interface RedeemerOptions extends Omit<TillOptions, 'dataDir'> {
  /** of the vouchers for the purpose */
  readonly store: VoucherStore
  /** see `OwnChannels` */
  readonly trustedMs?: number
}

export function redeemerOf({ store, purpose, chain, log, trustedMs }: RedeemerOptions) {
  const { context } = chain
  const escrow = new EscrowLog(context, { payee: chain.account! })
  const balance = (id: Hex) => context.provider.patiently('a balance', () => balanceOf(context, id))
  const channels = new OwnChannels({ events: () => escrow.events(), balance }, purpose, systemClock, trustedMs)
  const send = (receipts: readonly PaidReceipt[]) => chain.sender!.send(redeemCall(context, receipts))
  return { channels, redeemer: new Redeemer({ store, channels, send, clock: systemClock, log }) }
}

/** Redeems until the node stops. @throws UserError if another process uses the store */
export async function openTill({ dataDir, purpose, chain, log }: TillOptions, life: Lifecycle): Promise<Till> {
  const { context } = chain
  const store = await life.open(openVoucherStore(join(dataDir, VOUCHER_FOLDERS[purpose])), one => one.close())
  const partMs = ((await readThaw(context)) * 1000) / LOOKS_IN_THAW
  const trustedMs = Math.max(FRESH_MS, partMs)
  const { channels, redeemer } = redeemerOf({ store, purpose, chain, log, trustedMs })
  // Vouchers wait while the chain cannot be reached.
  const complain = (error: Error) => log.warn({ error: error.message }, 'could not redeem vouchers for now')
  life.run(repeat(() => redeemer.look().catch(complain), Math.min(LONGEST_LOOK_MS, partMs), life.stopping))
  const payments = new VoucherBook({
    ...{ store, channels },
    signerOf: (voucher, signature) => voucherSignerOf(context.network, voucher, signature),
  })
  return { payments, channels, paidBytes: channel => store.newest(channel)?.voucher.total ?? 0 }
}
