/** What accounts ask for carrying traffic. Prices in wei: of traffic for 2^30 bytes, of a lane for each Mbit/s and slot. */
import { zeroPadValue } from 'ethers'
import { addressFault, MAX_ADDRESS_BYTES } from '../../proto/announcement.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { type ReadEvent, textBytes, wordBytes } from './event-decoder.js'
import { FollowedEvents } from './followed-events.js'
import { type Call, ownCall } from './sender.js'

export interface Exit {
  readonly publicKey: Hex
  /** hash of its certificate */
  readonly certHash: Hex
  /** at which clients reach it */
  readonly address: string
}

export interface Offer {
  readonly price: bigint
  /** of traffic with priority; 0 if there is none */
  readonly premiumPrice: bigint
  /** that lanes can reserve together; 0 if there are none */
  readonly laneKbps: number
  readonly lanePrice: bigint
  /** undefined if the account runs none */
  readonly exit: Exit | undefined
}

/** As ethers decodes the struct of `IOffers`. */
interface OfferTuple {
  readonly price: bigint
  readonly premiumPrice: bigint
  readonly laneKbps: bigint
  readonly lanePrice: bigint
  readonly exitKey: string
  readonly exitCertHash: string
}

export const postOfferCall = ({ contracts }: ChainContext, offer: Offer): Call => {
  const { price, premiumPrice, laneKbps, lanePrice, exit } = offer
  const keys = { exitKey: exit?.publicKey ?? ZERO_HASH, exitCertHash: exit?.certHash ?? ZERO_HASH }
  return ownCall(contracts.offers, 'post', [{ price, premiumPrice, laneKbps, lanePrice, ...keys }, exit?.address ?? ''])
}

export const withdrawOfferCall = ({ contracts }: ChainContext): Call => ownCall(contracts.offers, 'withdraw')

/** The offer as the contract holds it now, which does not keep the address of an exit; undefined if there is none. */
export async function readOffer(
  { contracts }: ChainContext,
  account: Hex,
): Promise<(Omit<Offer, 'exit'> & { readonly exit: Omit<Exit, 'address'> | undefined }) | undefined> {
  const tuple: OfferTuple = await contracts.offers.getFunction('offerOf')(account)
  const { exitKey: publicKey, exitCertHash: certHash } = tuple
  const exit = publicKey === ZERO_HASH ? undefined : { publicKey: hex(publicKey), certHash: hex(certHash) }
  return tuple.price === 0n ? undefined : { ...termsFrom(tuple), exit }
}

const termsFrom = ({ price, premiumPrice, laneKbps, lanePrice }: OfferTuple): Omit<Offer, 'exit'> => ({
  ...{ price, premiumPrice, lanePrice },
  laneKbps: Number(laneKbps),
})

/** `offer` is undefined if it was withdrawn. */
interface OfferEvent {
  readonly account: Hex
  readonly offer: Offer | undefined
}

/** An offer of six words, and an offset and the text of an address. */
const POSTED_BYTES = wordBytes(7) + textBytes(MAX_ADDRESS_BYTES)

/** The offers of all accounts, or of one, read once. */
export class OfferLog {
  readonly #events: FollowedEvents<OfferEvent>

  /** @param account (default: all) */
  constructor(context: ChainContext, account?: Hex) {
    const contract = context.contracts.offers
    this.#events = new FollowedEvents(context, {
      sources: [
        { contract, event: 'OfferPosted', maxBytes: POSTED_BYTES, read: postedFrom },
        {
          contract,
          event: 'OfferWithdrawn',
          maxBytes: 0,
          read: ({ account }) => ({ account: hex(account), offer: undefined }),
        },
      ],
      topics: account === undefined ? [] : [zeroPadValue(account, 32)],
      keyOf: ({ account }) => account,
    })
  }

  /** The present offers, by account. @throws RpcFault */
  async offers(): Promise<ReadonlyMap<Hex, Offer>> {
    const offers = new Map<Hex, Offer>()
    for (const { account, offer } of await this.#events.known()) {
      if (offer === undefined) offers.delete(account)
      else offers.set(account, offer)
    }
    return offers
  }
}

const postedFrom: ReadEvent<OfferEvent> = ({ account, offer, exitAddress }) => ({
  account: hex(account),
  offer: { ...termsFrom(offer), exit: exitFrom(offer, exitAddress) },
})

function exitFrom({ exitKey, exitCertHash }: OfferTuple, address: string): Exit | undefined {
  if (exitKey === ZERO_HASH) return undefined
  const fault = addressFault(address)
  if (fault !== undefined) throw new Error(fault)
  return { publicKey: hex(exitKey), certHash: hex(exitCertHash), address }
}
