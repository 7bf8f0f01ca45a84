/** What happens to the channels of one account, read once from the escrow's log. Amounts in wei. */
import { zeroPadValue } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import type { Channel } from '../../proto/voucher.js'
import type { Place } from '../core/chain-log.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { type ReadEvent, type Source, wordBytes } from './event-decoder.js'
import { FollowedEvents, inOrder } from './followed-events.js'

/** Whose channels: those that pay an account, or those that it pays from. */
export type Party = { readonly payee: Hex } | { readonly payer: Hex }

type Content =
  | {
      readonly kind: 'opened'
      readonly id: Hex
      readonly channel: Channel
      readonly deposit: bigint
      readonly isPremium: boolean
    }
  /** `total`: proven bytes of the channel so far. `amount`: what they brought, beyond what was paid before */
  | { readonly kind: 'redeemed'; readonly id: Hex; readonly total: number; readonly amount: bigint }
  /** `closesAt`: unix seconds, until which a receipt is sure to count */
  | { readonly kind: 'closing'; readonly id: Hex; readonly closesAt: number }
  /** `amount`: what the payer got back */
  | { readonly kind: 'closed'; readonly id: Hex; readonly amount: bigint }

export type EscrowEvent = Place & Content
export type OpenedEvent = Extract<EscrowEvent, { readonly kind: 'opened' }>

/** As ethers decodes the struct of `ITransferEscrow`. */
interface ChannelTuple {
  readonly number: bigint
  readonly payer: string
  readonly payee: string
  readonly signer: string
  readonly price: bigint
}

export const channelFrom = ({ number, payer, payee, signer, price }: ChannelTuple): Channel => ({
  ...{ number: Number(number), payer: hex(payer), payee: hex(payee), signer: hex(signer), price },
})

/** A channel of five words, a deposit and a flag. */
const OPENED_BYTES = wordBytes(7)
const REDEEMED_BYTES = wordBytes(2)
const AMOUNT_BYTES = wordBytes(1)

/** The place of an account among the indexed arguments differs, so there are two filters. */
export class EscrowLog {
  readonly #logs: readonly FollowedEvents<Content>[]
  #told = new WeakSet<EscrowEvent>()

  constructor(context: ChainContext, party: Party) {
    const contract = context.contracts.transferEscrow
    const opened: Source<Content> = { contract, event: 'Opened', maxBytes: OPENED_BYTES, read: openedFrom }
    const redeemed = { contract, event: 'Redeemed', maxBytes: REDEEMED_BYTES, read: redeemedFrom }
    const closing = { contract, event: 'CloseStarted', maxBytes: AMOUNT_BYTES, read: closingFrom }
    const closed = { contract, event: 'Closed', maxBytes: AMOUNT_BYTES, read: closedFrom }
    const follow = (sources: readonly Source<Content>[], topics: (string | null)[]) =>
      new FollowedEvents<Content>(context, { sources, topics, keyOf: ({ kind, id }) => `${kind} ${id}` })
    if ('payer' in party) {
      const account = zeroPadValue(party.payer, 32)
      this.#logs = [follow([opened, closed], [null, account])]
    } else {
      const account = zeroPadValue(party.payee, 32)
      this.#logs = [follow([opened, closed], [null, null, account]), follow([redeemed, closing], [null, account])]
    }
  }

  /**
   * In the order of the log. Of several redemptions of a channel, old ones are forgotten. Of a payer's channels only
   * openings and ends: the rest it does itself, or reads with `balanceOf`. @throws RpcFault
   */
  async events(): Promise<readonly EscrowEvent[]> {
    let found: readonly EscrowEvent[] = []
    for (const log of this.#logs) found = found.concat(await log.known())
    return inOrder(found)
  }

  /** Those that no call before has given. An event that a reorganisation moved comes again. @throws RpcFault */
  async news(): Promise<readonly EscrowEvent[]> {
    const fresh = (await this.events()).filter(event => !this.#told.has(event))
    for (const event of fresh) this.#told.add(event)
    return fresh
  }

  /** The channels that are open. @throws RpcFault */
  async channels(): Promise<readonly OpenedEvent[]> {
    const events = await this.events()
    const ended = new Set(events.flatMap(({ kind, id }) => (kind === 'closed' ? [id] : [])))
    return events.flatMap(event => (event.kind === 'opened' && !ended.has(event.id) ? [event] : []))
  }
}

const openedFrom: ReadEvent<Content> = ({ id, channel, deposit, isPremium }) => ({
  kind: 'opened',
  ...{ id: hex(id), channel: channelFrom(channel), deposit, isPremium },
})

const redeemedFrom: ReadEvent<Content> = ({ id, total, amount }) => ({
  kind: 'redeemed',
  ...{ id: hex(id), total: Number(total), amount },
})

const closingFrom: ReadEvent<Content> = ({ id, closesAt }) => ({
  kind: 'closing',
  ...{ id: hex(id), closesAt: Number(closesAt) },
})

const closedFrom: ReadEvent<Content> = ({ id, amount }) => ({ kind: 'closed', id: hex(id), amount })
