/** Has vouchers paid: all of them every few minutes, and those of a channel that closes before its thaw ends. */
import type { Logger } from 'pino'
import type { MonotonicClock } from '../../../probe/ports.js'
import { fromHex, type Hex } from '../../../proto/hex.js'
import { priceOf } from '../../../proto/voucher.js'
import type { PaidReceipt } from '../../../verifier/chain/redemption.js'
import type { TxResult } from '../../../verifier/core/ports.js'
import { earned } from '../../core/channel.js'
import type { OwnChannels } from './own-channels.js'
import type { KeptVoucher, VoucherStore } from './voucher-store.js'

export interface RedeemerModules {
  readonly store: Pick<VoucherStore, 'all'>
  readonly channels: Pick<OwnChannels, 'open' | 'lookAgain' | 'balance'>
  readonly send: (receipts: readonly PaidReceipt[]) => Promise<TxResult>
  readonly clock: MonotonicClock
  readonly log: Pick<Logger, 'info' | 'warn'>
}

/** What a voucher brought, or was going to bring. */
export interface Redemption {
  /** of the channel */
  readonly id: Hex
  /** that the channel has paid for so far */
  readonly bytes: number
  readonly wei: bigint
  readonly result: TxResult
}

interface Owed extends Omit<Redemption, 'result'> {
  readonly receipt: PaidReceipt
}

const REDEEM_MS = 300_000
/** Channels of one transaction: more are hardly cheaper each, and a block must have room for it. */
const BATCH = 20

export class Redeemer {
  readonly #modules: RedeemerModules
  #dueMs: number

  constructor(modules: RedeemerModules) {
    this.#modules = modules
    this.#dueMs = modules.clock.now() + REDEEM_MS
  }

  /** Redeems what is due. @throws if the chain cannot be reached */
  async look(): Promise<void> {
    const { channels, clock, log } = this.#modules
    await channels.lookAgain()
    const isDue = clock.now() >= this.#dueMs
    const due = this.#unpaid().filter(({ voucher }) => isDue || channels.open.get(voucher.channel)!.isClosing)
    if (isDue) this.#dueMs = clock.now() + REDEEM_MS
    for (const { id: channel, bytes, wei, result } of await this.#redeem(due)) {
      const facts = { channel, bytes, wei: `${wei}` }
      if (result.kind === 'rejected')
        log.warn({ ...facts, reason: result.reason }, 'the escrow did not pay for a voucher')
      else log.info({ ...facts, tx: result.kind === 'done' ? result.txHash : undefined }, 'redeemed a voucher')
    }
  }

  /** Redeems all that is owed. @throws if the chain cannot be reached */
  async redeemAll(): Promise<Redemption[]> {
    await this.#modules.channels.lookAgain()
    return this.#redeem(this.#unpaid())
  }

  /**
   * Those for which more may be paid, as far as the log tells. It does not tell of top-ups: a voucher for more than was put
   * in at first may have been paid in part.
   */
  #unpaid(): KeptVoucher[] {
    const { store, channels } = this.#modules
    return store.all().filter(({ voucher: { channel: id, total } }) => {
      const open = channels.open.get(id)
      if (open === undefined) return false
      return total > open.redeemedBytes || priceOf(total, open.channel.price) > open.firstDeposit
    })
  }

  async #redeem(vouchers: readonly KeptVoucher[]): Promise<Redemption[]> {
    const owed = (await Promise.all(vouchers.map(one => this.#owed(one)))).filter(one => one !== undefined)
    const redemptions: Redemption[] = []
    for (let from = 0; from < owed.length; from += BATCH) {
      const batch = owed.slice(from, from + BATCH)
      const result = await this.#modules.send(batch.map(({ receipt }) => receipt))
      redemptions.push(...batch.map(({ receipt: _, ...rest }) => ({ ...rest, result })))
    }
    return redemptions
  }

  async #owed({ voucher, signature }: KeptVoucher): Promise<Owed | undefined> {
    const { channels } = this.#modules
    const { channel: id, total } = voucher
    const { channel } = channels.open.get(id)!
    const { deposit, paid } = await channels.balance(id)
    const wei = earned(total, { channel, deposit }) - paid
    if (wei <= 0n) return undefined // all of it was paid, or the channel has ended
    return { id, bytes: total, wei, receipt: { ...voucher, channel, signature: fromHex(signature) } }
  }
}
