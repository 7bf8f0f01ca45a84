/** What the chain has paid from the client's channels, and would pay. */

import { purposeOf } from '../../../market/core/purpose.js'
import type { KeptVoucher } from '../../../market/provider/vouchers/voucher-store.js'
import { fromHex, type Hex } from '../../../proto/hex.js'
import { balanceOf, redeemCall } from '../../../verifier/chain/escrow.js'
import { type EscrowEvent, EscrowLog, type OpenedEvent } from '../../../verifier/chain/escrow-log.js'
import { type Ground, payerOf } from './ground.js'
import type { Purpose } from './kept.js'

export interface PaidChannel {
  readonly id: Hex
  readonly opened: OpenedEvent
  readonly purpose: Purpose
  /** wei */
  readonly paid: bigint
  readonly isOpen: boolean
}

export class EscrowReader {
  readonly #ground: Ground
  readonly #log: EscrowLog

  constructor(ground: Ground) {
    this.#ground = ground
    this.#log = new EscrowLog(ground.chain.context, { payer: payerOf(ground) })
  }

  async channels(): Promise<PaidChannel[]> {
    const events = await this.#log.events()
    const closed = new Map(events.flatMap(event => (event.kind === 'closed' ? [[event.id, event.amount]] : [])))
    return Promise.all(events.filter(isOpening).map(opened => this.#paid(opened, closed.get(opened.id))))
  }

  /**
   * Anybody may bring a voucher to the escrow, which pays the payee.
   * @returns why the escrow refuses them; undefined if it has paid
   */
  async redeem(kept: Iterable<KeptVoucher>): Promise<string | undefined> {
    const opened = new Map((await this.channels()).flatMap(one => (one.isOpen ? [[one.id, one.opened.channel]] : [])))
    const receipts = [...kept].flatMap(({ voucher, signature }) => {
      const channel = opened.get(voucher.channel)
      return channel === undefined ? [] : [{ ...voucher, channel, signature: fromHex(signature) }]
    })
    if (receipts.length === 0) return undefined
    const { chain } = this.#ground
    const result = await chain.sender!.send(redeemCall(chain.context, receipts))
    return result.kind === 'rejected' ? result.reason : undefined
  }

  async #paid(opened: OpenedEvent, returned: bigint | undefined): Promise<PaidChannel> {
    const { id, channel, deposit } = opened
    const purpose = purposeOf(channel.signer)
    if (returned !== undefined) return { id, opened, purpose, paid: deposit - returned, isOpen: false }
    const { paid } = await balanceOf(this.#ground.chain.context, id)
    return { id, opened, purpose, paid, isOpen: true }
  }
}

const isOpening = (event: EscrowEvent): event is OpenedEvent => event.kind === 'opened'
