/** The channels that pay this account for one purpose, as the chain has them. */
import { setTimeout as pause } from 'node:timers/promises'
import { DeadlineError, within } from '../../../probe/deadline.js'
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

/** How long a balance that was read counts before the chain is asked again. */
export const FRESH_MS = 10_000
/** Between two looks at the log, or at one balance, whoever asks for them. */
const LOOK_MS = 500
/** Longest wait for an answer of the chain, counted from the question. Long enough for a second chain node after a silent one. */
const PATIENCE_MS = 15_000

/** A question to the chain that is under way. All who ask the same meanwhile share its answer. */
interface Asked {
  readonly answer: Promise<void>
  readonly sinceMs: number
}

export class OwnChannels {
  readonly #reader: ChannelReader
  readonly #purpose: Purpose
  readonly #clock: MonotonicClock
  readonly #trustedMs: number
  #open: ReadonlyMap<Hex, OpenChannel> = new Map()
  readonly #balances = new Map<Hex, { readonly channel: FoundChannel; readonly readMs: number }>()
  readonly #reads = new Map<Hex, Asked>()
  /** at the log */
  #look: Asked | undefined
  #lookedMs = Number.NEGATIVE_INFINITY

  /**
   * @param trustedMs how long a balance counts while the chain gives no other: its owner can take it back only after the
   *   thaw, so a part of that (default: as long as it counts anyway)
   */
  constructor(reader: ChannelReader, purpose: Purpose, clock: MonotonicClock, trustedMs = FRESH_MS) {
    this.#reader = reader
    this.#purpose = purpose
    this.#clock = clock
    this.#trustedMs = trustedMs
  }

  /** By id, as of the last look. */
  get open(): ReadonlyMap<Hex, OpenChannel> {
    return this.#open
  }

  /**
   * @param total that a voucher states: more than the deposit pays may have been topped up
   * @returns undefined if it pays nobody here, or if the chain does not say in time
   */
  async find(id: Hex, total: number): Promise<FoundChannel | undefined> {
    if (!this.#open.has(id)) await this.#inTime(this.#askLog())
    const known = this.#open.get(id)
    if (known === undefined) return undefined
    const held = this.#balances.get(id)
    const ageMs = held === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() - held.readMs
    const isEnough = held !== undefined && !known.isClosing && total <= payableBytes(held.channel)
    if (ageMs < (isEnough ? FRESH_MS : LOOK_MS)) return held!.channel
    const asked = this.#askBalance(id, known)
    if (isEnough && ageMs < this.#trustedMs && held.channel.closesAt === undefined) return held.channel
    return (await this.#inTime(asked)) ? this.#balances.get(id)?.channel : undefined
  }

  /** As the chain has it now. @throws RpcFault */
  balance(id: Hex): Promise<ChannelBalance> {
    return this.#reader.balance(id)
  }

  /** Reads the log. A look that is under way is shared. */
  lookAgain(): Promise<void> {
    return this.#askLog().answer
  }

  #askLog(): Asked {
    this.#look ??= this.#ask(this.#readLog(), () => {
      this.#look = undefined
    })
    return this.#look
  }

  #askBalance(id: Hex, known: OpenChannel): Asked {
    const asked = this.#reads.get(id) ?? this.#ask(this.#read(id, known), () => this.#reads.delete(id))
    this.#reads.set(id, asked)
    return asked
  }

  #ask(work: Promise<void>, over: () => void): Asked {
    const answer = work.finally(over)
    answer.catch(() => {}) // perhaps nobody waits for it
    return { answer, sinceMs: this.#clock.now() }
  }

  /**
   * Nobody waits for a chain that has been silent for long. Else strangers who name channels could pile up waits.
   * @returns whether there is an answer
   */
  async #inTime({ answer, sinceMs }: Asked): Promise<boolean> {
    try {
      const leftMs = sinceMs + PATIENCE_MS - this.#clock.now()
      if (leftMs > 0) await within(leftMs, 'the chain', answer)
      return leftMs > 0
    } catch (error) {
      if (error instanceof DeadlineError) return false
      throw error
    }
  }

  async #readLog(): Promise<void> {
    const waitMs = this.#lookedMs + LOOK_MS - this.#clock.now()
    if (waitMs > 0) await pause(waitMs, undefined, { ref: false })
    const events = await this.#reader.events()
    this.#lookedMs = this.#clock.now()
    this.#open = openFrom(events, this.#purpose)
    for (const id of this.#balances.keys()) if (!this.#open.has(id)) this.#balances.delete(id)
  }

  async #read(id: Hex, { channel, isPremium, redeemedBytes }: OpenChannel): Promise<void> {
    const readMs = this.#clock.now()
    const balance = await this.#reader.balance(id)
    if (balance.deposit === 0n) this.#balances.delete(id)
    else this.#balances.set(id, { channel: { id, channel, isPremium, redeemedBytes, ...balance }, readMs })
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
