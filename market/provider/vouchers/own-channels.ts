/** The channels that pay this account for one purpose, as the chain has them. */
import { setTimeout as pause } from 'node:timers/promises'
import type { MonotonicClock } from '../../../probe/ports.js'
import type { Hex } from '../../../proto/hex.js'
import type { Channel } from '../../../proto/voucher.js'
import type { ChannelBalance } from '../../../verifier/chain/escrow.js'
import type { EscrowEvent } from '../../../verifier/chain/escrow-log.js'
import { type FundedChannel, payableBytes } from '../../core/channel.js'
import { type Purpose, purposeOf } from '../../core/purpose.js'

export interface ChannelReader {
  /** What the escrow's log says of all channels that pay this account. */
  events(): Promise<readonly EscrowEvent[]>
  balance(id: Hex): Promise<ChannelBalance>
}

/** A channel that has not ended, as the log tells it. */
export interface OpenChannel {
  readonly channel: Channel
  /** opened for traffic with priority */
  readonly isPremium: boolean
  /** at its opening: a top-up adds to it, wei */
  readonly firstDeposit: bigint
  /** bytes that were redeemed so far */
  readonly redeemedBytes: number
  readonly isClosing: boolean
}

/** A channel with what it holds. */
export type FoundChannel = FundedChannel & Pick<OpenChannel, 'isPremium' | 'redeemedBytes'>

const NOT_YET = { redeemedBytes: 0, isClosing: false }

/** How long a balance that was read counts. Its owner can take it back only after the thaw, which is longer. */
const FRESH_MS = 10_000
/** Between two looks at the log, or at one balance, whoever asks for them. */
const LOOK_MS = 500

export class OwnChannels {
  readonly #reader: ChannelReader
  readonly #purpose: Purpose
  readonly #clock: MonotonicClock
  #open: ReadonlyMap<Hex, OpenChannel> = new Map()
  readonly #balances = new Map<Hex, { readonly channel: FoundChannel; readonly readMs: number }>()
  /** at the log; all who miss a channel wait for the same one */
  #look: Promise<void> | undefined
  #lookedMs = Number.NEGATIVE_INFINITY

  constructor(reader: ChannelReader, purpose: Purpose, clock: MonotonicClock) {
    this.#reader = reader
    this.#purpose = purpose
    this.#clock = clock
  }

  /** By id, as of the last look. */
  get open(): ReadonlyMap<Hex, OpenChannel> {
    return this.#open
  }

  /** @param total that a voucher states: more than the deposit pays may have been topped up. Undefined if it pays nobody here */
  async find(id: Hex, total: number): Promise<FoundChannel | undefined> {
    if (!this.#open.has(id)) await this.lookAgain()
    const known = this.#open.get(id)
    if (known === undefined) return undefined
    const held = this.#balances.get(id)
    const freshMs = held === undefined || total > payableBytes(held.channel) ? LOOK_MS : FRESH_MS
    if (held !== undefined && this.#clock.now() < held.readMs + freshMs) return held.channel
    return this.#read(id, known)
  }

  /** As the chain has it now. @throws RpcFault */
  balance(id: Hex): Promise<ChannelBalance> {
    return this.#reader.balance(id)
  }

  /** Reads the log. A look that is under way is shared. */
  lookAgain(): Promise<void> {
    this.#look ??= this.#readLog().finally(() => {
      this.#look = undefined
    })
    return this.#look
  }

  async #readLog(): Promise<void> {
    const waitMs = this.#lookedMs + LOOK_MS - this.#clock.now()
    if (waitMs > 0) await pause(waitMs, undefined, { ref: false })
    const events = await this.#reader.events()
    this.#lookedMs = this.#clock.now()
    this.#open = openFrom(events, this.#purpose)
    for (const id of this.#balances.keys()) if (!this.#open.has(id)) this.#balances.delete(id)
  }

  /** @returns undefined if the channel has ended */
  async #read(id: Hex, { channel, isPremium, redeemedBytes }: OpenChannel): Promise<FoundChannel | undefined> {
    const readMs = this.#clock.now()
    const balance = await this.#reader.balance(id)
    if (balance.deposit === 0n) return undefined
    const funded = { id, channel, isPremium, redeemedBytes, ...balance }
    this.#balances.set(id, { channel: funded, readMs })
    return funded
  }
}

/** @param events in the order of the log */
function openFrom(events: readonly EscrowEvent[], purpose: Purpose): Map<Hex, OpenChannel> {
  const open = new Map<Hex, OpenChannel>()
  for (const event of events) {
    const known = open.get(event.id)
    if (event.kind === 'opened' && purposeOf(event.channel.signer) === purpose) {
      const { channel, isPremium, deposit: firstDeposit } = event
      open.set(event.id, { channel, isPremium, firstDeposit, ...NOT_YET })
    }
    if (known === undefined) continue
    if (event.kind === 'redeemed') open.set(event.id, { ...known, redeemedBytes: event.total })
    if (event.kind === 'closing') open.set(event.id, { ...known, isClosing: true })
    if (event.kind === 'closed') open.delete(event.id)
  }
  return open
}
