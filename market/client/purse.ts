/**
 * What this client pays from: a channel for each account and purpose, with the key that signs for it and the bytes signed so
 * far. Both are on the disk before a signature leaves: a client that forgot them would sign for less than it owes, and its
 * payments would be void.
 */
import { Level } from 'level'
import { counterSign, type ReceiptPoint } from '../../probe/wire/receipts.js'
import type { NetworkId } from '../../proto/digests.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import type { CounterReceipt } from '../../proto/messages.js'
import type { Channel } from '../../proto/voucher.js'
import { digestSigner, voucherSigner } from '../../verifier/chain/vouchers.js'
import { payableBytes } from '../core/channel.js'
import { levelFault } from '../core/level-fault.js'
import { type Purpose, purposeOf } from '../core/purpose.js'

/** As it is stored: JSON has no bigint. */
interface Row {
  readonly channel: Omit<Channel, 'price'> & { readonly price: string }
  readonly deposit: string
  /** signs for the channel */
  readonly key: Hex
  readonly isPremium: boolean
  /** signed so far */
  readonly total: number
}

export interface PurseChannel {
  readonly id: Hex
  readonly channel: Channel
  readonly deposit: bigint
  readonly purpose: Purpose
  readonly isPremium: boolean
  /** bytes signed so far */
  readonly total: number
  /** bytes that the deposit still pays for */
  readonly leftBytes: number
}

export class Purse {
  readonly #level: Level<Hex, Row>
  readonly #network: NetworkId
  readonly #rows: Map<Hex, Row>
  /** one change of a channel after the other */
  readonly #last = new Map<Hex, Promise<unknown>>()

  private constructor(level: Level<Hex, Row>, network: NetworkId, rows: Map<Hex, Row>) {
    this.#level = level
    this.#network = network
    this.#rows = rows
  }

  /** @param path of a folder, which is made if it does not exist. @throws UserError 'store' */
  static async open(path: string, network: NetworkId): Promise<Purse> {
    const level = new Level<Hex, Row>(path, { valueEncoding: 'json' })
    await level.open().catch(cause => {
      throw levelFault(`the purse in ${path}`, cause)
    })
    return new Purse(level, network, new Map(await level.iterator().all()))
  }

  get channels(): PurseChannel[] {
    return [...this.#rows].map(([id, row]) => shown(id, row))
  }

  /** The channel of an account with most left. */
  of(payee: Hex, purpose: Purpose, isPremium = false): PurseChannel | undefined {
    const fitting = this.channels.filter(
      one => one.channel.payee === payee && one.purpose === purpose && one.isPremium === isPremium,
    )
    return fitting.sort((a, b) => b.leftBytes - a.leftBytes)[0]
  }

  /** Keeps a channel that was just opened. @param key of its signer */
  async keep(
    { id, channel, deposit, isPremium }: Pick<PurseChannel, 'id' | 'channel' | 'deposit' | 'isPremium'>,
    key: Hex,
  ): Promise<void> {
    await this.#put(id, {
      channel: { ...channel, price: `${channel.price}` },
      ...{ deposit: `${deposit}`, key, isPremium, total: 0 },
    })
  }

  /** After a top-up. @param deposit all that was put in, wei */
  raise(id: Hex, deposit: bigint): Promise<void> {
    return this.#inTurn(id, async () => {
      const row = this.#rows.get(id)
      if (row !== undefined) await this.#put(id, { ...row, deposit: `${deposit}` })
    })
  }

  /** For a channel that has ended. */
  async drop(id: Hex): Promise<void> {
    await this.#level.del(id)
    this.#rows.delete(id)
  }

  /**
   * Signs for more bytes of a channel, or for as many of them as its deposit still pays for.
   * @param sessionBytes of the session that were paid for before
   * @param bytes more; with 0, the state is signed again
   * @returns undefined if the deposit pays for none of them
   */
  pay(id: Hex, point: ReceiptPoint, sessionBytes: number, bytes: number): Promise<CounterReceipt | undefined> {
    return this.#inTurn(id, () => this.#pay(id, point, sessionBytes, bytes))
  }

  /** Signs something else than a payment with the key of a channel. @throws Error for a channel that is not kept */
  sign(id: Hex, digest: Hex): Uint8Array {
    const row = this.#rows.get(id)
    if (row === undefined) throw new Error(`${id} is not in the purse`)
    return digestSigner(row.key)(digest)
  }

  close(): Promise<void> {
    return this.#level.close()
  }

  async #pay(id: Hex, point: ReceiptPoint, sessionBytes: number, bytes: number): Promise<CounterReceipt | undefined> {
    const row = this.#rows.get(id)
    if (row === undefined) return undefined
    const more = Math.min(bytes, shown(id, row).leftBytes)
    if (more === 0 && bytes > 0) return undefined
    const total = row.total + more
    if (more > 0) await this.#put(id, { ...row, total })
    const signer = voucherSigner(this.#network, row.key)
    return counterSign(point, sessionBytes + more, signer, { channel: fromHex(id), total })
  }

  #inTurn<T>(id: Hex, work: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(id) ?? Promise.resolve()).then(work)
    this.#last.set(
      id,
      done.catch(() => {}),
    )
    return done
  }

  async #put(id: Hex, row: Row): Promise<void> {
    await this.#level.put(id, row, { sync: true })
    this.#rows.set(id, row)
  }
}

function shown(id: Hex, { channel, deposit, isPremium, total }: Row): PurseChannel {
  const funded = { channel: { ...channel, price: BigInt(channel.price) }, deposit: BigInt(deposit) }
  const leftBytes = Math.max(0, payableBytes(funded) - total)
  return { id, ...funded, purpose: purposeOf(channel.signer), isPremium, total, leftBytes }
}
