/** Has vouchers paid: all of them every few minutes, and those of a channel that closes before its thaw ends. */
import type { Logger } from 'pino'
import type { MonotonicClock } from '../../../probe/ports.js'
import { fromHex } from '../../../proto/hex.js'
import type { PaidReceipt } from '../../../verifier/chain/redemption.js'
import type { TxResult } from '../../../verifier/core/ports.js'
import type { OwnChannels } from './own-channels.js'
import type { KeptVoucher, VoucherStore } from './voucher-store.js'

export interface RedeemerModules {
  readonly store: Pick<VoucherStore, 'all'>
  readonly channels: Pick<OwnChannels, 'open' | 'lookAgain'>
  readonly send: (receipts: readonly PaidReceipt[]) => Promise<TxResult>
  readonly clock: MonotonicClock
  readonly log: Pick<Logger, 'info' | 'warn'>
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
    const { channels, clock } = this.#modules
    await channels.lookAgain()
    const isDue = clock.now() >= this.#dueMs
    const due = this.#owing().filter(({ voucher }) => isDue || channels.open.get(voucher.channel)!.isClosing)
    if (isDue) this.#dueMs = clock.now() + REDEEM_MS
    await this.#redeem(due)
  }

  #owing(): KeptVoucher[] {
    const { store, channels } = this.#modules
    return store.all().filter(({ voucher: { channel, total } }) => {
      const open = channels.open.get(channel)
      return open !== undefined && total > open.redeemedBytes
    })
  }

  async #redeem(owing: readonly KeptVoucher[]): Promise<void> {
    const { channels, send, log } = this.#modules
    const receipts = owing.flatMap(({ voucher, signature }) => {
      const open = channels.open.get(voucher.channel)
      return open === undefined ? [] : [{ ...voucher, channel: open.channel, signature: fromHex(signature) }]
    })
    for (let from = 0; from < receipts.length; from += BATCH) {
      const batch = receipts.slice(from, from + BATCH)
      const result = await send(batch)
      if (result.kind === 'rejected') log.warn({ reason: result.reason }, 'the escrow did not pay for vouchers')
      else
        log.info(
          { channels: batch.length, tx: result.kind === 'done' ? result.txHash : undefined },
          'redeemed vouchers',
        )
    }
  }
}
