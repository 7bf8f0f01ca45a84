/**
 * What this client pays from: a channel for each account and purpose, with the key that signs for it and the bytes signed so
 * far. Both are on the disk before a signature leaves: a client that forgot them would sign for less than it owes, and its
 * payments would be void. A key is on the disk before the transaction that opens its channel leaves, too.
 */
import { counterSign, type ReceiptPoint } from '../../probe/wire/receipts.js'
import type { NetworkId } from '../../proto/digests.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import type { CounterReceipt } from '../../proto/messages.js'
import type { Channel } from '../../proto/voucher.js'
import { accountOf } from '../../verifier/chain/account.js'
import type { OpenedChannel } from '../../verifier/chain/escrow.js'
import { digestSigner, voucherSigner } from '../../verifier/chain/vouchers.js'
import type { UserError } from '../../verifier/config/errors.js'
import { WALL_CLOCK } from '../../verifier/node/wall-clock.js'
import { payableBytes } from '../core/channel.js'
import { type Purpose, purposeOf } from '../core/purpose.js'
import { PurseStore } from './purse-store.js'

/** As it is stored, by its id: JSON has no bigint. */
interface Row {
  readonly channel: Omit<Channel, 'price'> & { readonly price: string }
  readonly deposit: string
  /** signs for the channel */
  readonly key: Hex
  readonly isPremium: boolean
  /** signed so far */
  readonly total: number
  /** when it was kept, unix milliseconds; undefined in an old purse */
  readonly atMs?: number
}

/** A channel whose opening nobody has seen yet, by the account of its signer. */
interface PlannedRow {
  readonly payee: Hex
  readonly deposit: string
  readonly key: Hex
  readonly isPremium: boolean
  readonly atMs: number
}

/** `closing`: nobody is paid from it any more. `missing`: the chain does not show it, so its payee may not know it either */
export type Standing = 'open' | 'closing' | 'missing'

export interface PurseChannel {
  readonly id: Hex
  readonly channel: Channel
  readonly deposit: bigint
  readonly purpose: Purpose
  readonly isPremium: boolean
  readonly standing: Standing
  /** unix milliseconds */
  readonly atMs: number
  /** bytes signed so far */
  readonly total: number
  /** bytes that the deposit still pays for; none unless it is open */
  readonly leftBytes: number
}

export interface PlannedChannel {
  readonly signer: Hex
  readonly payee: Hex
  readonly purpose: Purpose
  readonly isPremium: boolean
  readonly deposit: bigint
  /** of the last try, unix milliseconds */
  readonly atMs: number
}

export class Purse {
  readonly #store: PurseStore<Row | PlannedRow>
  readonly #network: NetworkId
  readonly #rows = new Map<Hex, Row>()
  readonly #planned = new Map<Hex, PlannedRow>()
  /** of channels that are not open */
  readonly #standings = new Map<Hex, Standing>()
  /** one change of a channel after the other */
  readonly #last = new Map<Hex, Promise<unknown>>()

  private constructor(store: PurseStore<Row | PlannedRow>, network: NetworkId) {
    this.#store = store
    this.#network = network
  }

  /**
   * @param path of a folder, which is made if it does not exist
   * @param onFault hears that the purse cannot be written, and so pays nobody any more (default: only who asks for a change)
   * @throws UserError 'store'
   */
  static async open(path: string, network: NetworkId, onFault: (fault: UserError) => void = () => {}): Promise<Purse> {
    const purse = new Purse(await PurseStore.open(path, onFault), network)
    for (const [key, row] of await purse.#store.all()) {
      if ('channel' in row) purse.#rows.set(key, row)
      else purse.#planned.set(key, row)
    }
    return purse
  }

  get channels(): PurseChannel[] {
    return [...this.#rows].map(([id, row]) => this.#shown(id, row))
  }

  /** Those whose opening nobody has seen yet. */
  get planned(): PlannedChannel[] {
    return [...this.#planned].map(([signer, { payee, isPremium, deposit, atMs }]) => ({
      ...{ signer, payee, isPremium, atMs, purpose: purposeOf(signer), deposit: BigInt(deposit) },
    }))
  }

  /** The open channel of an account with most left. */
  of(payee: Hex, purpose: Purpose, isPremium = false): PurseChannel | undefined {
    const fitting = this.channels.filter(
      one =>
        one.channel.payee === payee &&
        one.purpose === purpose &&
        one.isPremium === isPremium &&
        one.standing === 'open',
    )
    return fitting.sort((a, b) => b.leftBytes - a.leftBytes)[0]
  }

  /**
   * Keeps the key of a channel before its opening is sent: the client may end before it sees the receipt.
   * @param key of its signer. @returns the signer
   */
  async plan(
    key: Hex,
    { payee, deposit, isPremium }: Pick<PlannedChannel, 'payee' | 'deposit' | 'isPremium'>,
  ): Promise<Hex> {
    const signer = accountOf(key)
    const row = { payee, key, isPremium, deposit: `${deposit}`, atMs: WALL_CLOCK.nowMs() }
    await this.#store.write([signer, row])
    this.#planned.set(signer, row)
    return signer
  }

  /** Plans the same once more. @returns the signer */
  planAgain(signer: Hex, deposit: bigint): Promise<Hex> {
    const { key, payee, isPremium } = this.#planned.get(signer)!
    return this.plan(key, { payee, isPremium, deposit })
  }

  /** For an opening that was surely never sent. */
  async forget(signer: Hex): Promise<void> {
    await this.#store.write([signer, undefined])
    this.#planned.delete(signer)
  }

  /** Keeps a channel that the chain shows, if its key is here. @returns whether it is new */
  async adopt(opened: OpenedChannel): Promise<boolean> {
    const key = this.#keyOf(opened.channel.signer)
    return key !== undefined && this.keep(opened, key)
  }

  /** Keeps a channel that was just opened. @param key of its signer. @returns false if it is kept already */
  keep({ id, channel, deposit, isPremium }: OpenedChannel, key: Hex): Promise<boolean> {
    return this.#inTurn(id, async () => {
      if (this.#rows.has(id)) return false
      const row = {
        channel: { ...channel, price: `${channel.price}` },
        ...{ deposit: `${deposit}`, key, isPremium, total: 0, atMs: WALL_CLOCK.nowMs() },
      }
      await this.#store.write([id, row], [channel.signer, undefined])
      this.#rows.set(id, row)
      this.#planned.delete(channel.signer)
      return true
    })
  }

  /** After a top-up. @param deposit all that was put in, wei. A lower one is an old answer of a chain node */
  raise(id: Hex, deposit: bigint): Promise<void> {
    return this.#inTurn(id, async () => {
      const row = this.#rows.get(id)
      if (row !== undefined && deposit > BigInt(row.deposit)) await this.#put(id, { ...row, deposit: `${deposit}` })
    })
  }

  mark(id: Hex, standing: Standing): void {
    this.#standings.set(id, standing)
  }

  /** For a channel that has ended. */
  drop(id: Hex): Promise<void> {
    return this.#inTurn(id, async () => {
      if (!this.#rows.has(id)) return
      await this.#store.write([id, undefined])
      this.#rows.delete(id)
    })
  }

  /**
   * Signs for more bytes of a channel, or for as many of them as its deposit still pays for.
   * @param sessionBytes of the session that were paid for before
   * @param bytes more; with 0, the state is signed again
   * @returns undefined if the deposit pays for none of them. @throws UserError 'store'
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
    return this.#store.close()
  }

  async #pay(id: Hex, point: ReceiptPoint, sessionBytes: number, bytes: number): Promise<CounterReceipt | undefined> {
    const row = this.#rows.get(id)
    if (row === undefined) return undefined
    const more = Math.min(bytes, this.#shown(id, row).leftBytes)
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
    await this.#store.write([id, row])
    this.#rows.set(id, row)
  }

  /** Two openings may have one signer, if the first one was taken for lost. */
  #keyOf(signer: Hex): Hex | undefined {
    const planned = this.#planned.get(signer)
    return planned?.key ?? [...this.#rows.values()].find(({ channel }) => channel.signer === signer)?.key
  }

  #shown(id: Hex, { channel, deposit, isPremium, total, atMs = 0 }: Row): PurseChannel {
    const funded = { channel: { ...channel, price: BigInt(channel.price) }, deposit: BigInt(deposit) }
    const standing = this.#standings.get(id) ?? 'open'
    const leftBytes = standing === 'open' ? Math.max(0, payableBytes(funded) - total) : 0
    return { id, ...funded, purpose: purposeOf(channel.signer), isPremium, standing, atMs, total, leftBytes }
  }
}
