/** What the chain says of the market: who offers to carry traffic, at what price, and where to reach them. */
import type { Logger } from 'pino'
import { addressesOf } from '../../probe/io/resolve-host.js'
import type { NextHop } from '../../probe/verdict/session-shape.js'
import type { Hex } from '../../proto/hex.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { type Exit, type Offer, OfferLog } from '../../verifier/chain/offers.js'
import { hostAndPort } from '../../verifier/cli/host-port.js'
import { hostOf } from '../../verifier/net/libp2p.js'
import type { PeerAddress } from '../../verifier/net/streams.js'
import { Directory } from '../../verifier/node/directory.js'
import type { Candidate } from '../core/candidates.js'

export interface OfferingProvider extends Candidate {
  readonly claimKbps: number
  readonly tokenKey: Hex | undefined
  readonly peer: PeerAddress
}

export interface OfferingExit extends Exit {
  readonly account: Hex
  readonly price: bigint
  readonly region: Hex
}

export interface MarketView {
  readonly providers: readonly OfferingProvider[]
  readonly exits: readonly OfferingExit[]
}

/** What reports say of providers, by account. */
export type Scores = ReadonlyMap<Hex, { readonly scoreBps: number; readonly tier: number }>

/** Of the channels that a client pays relays from. Exits have one class. */
export const CLASSES = ['basic', 'premium'] as const
export type PayerClass = (typeof CLASSES)[number]

export class Market {
  readonly #chain: EthersChain
  readonly #offers: OfferLog
  readonly #payerClass: PayerClass
  readonly directory: Directory

  /** @param payerClass whose prices the view shows */
  constructor(chain: EthersChain, log: Pick<Logger, 'warn'>, payerClass: PayerClass = 'basic') {
    this.#chain = chain
    this.#offers = new OfferLog(chain.context)
    this.#payerClass = payerClass
    this.directory = new Directory(chain, log)
  }

  /** @throws RpcFault */
  async view(scores: Scores): Promise<MarketView> {
    const [offers, events] = await Promise.all([this.#offers.offers(), this.#chain.events(), this.directory.refresh()])
    const providers: OfferingProvider[] = []
    const exits: OfferingExit[] = []
    for (const [account, offer] of offers) {
      const registered = await this.#chain.provider(account)
      if (registered === undefined) continue
      const { claimKbps, region } = registered
      if (offer.exit !== undefined) exits.push({ ...offer.exit, account, price: offer.price, region })
      const price = this.#priceOf(offer)
      const announced = this.directory.provider(account)
      if (announced === undefined || price === 0n) continue
      const hosts = announced.multiaddrs.map(hostOf).filter(host => host !== undefined)
      const { scoreBps, tier } = scores.get(account) ?? { scoreBps: undefined, tier: undefined }
      const penalties = events.settlements(account).filter(({ charged }) => charged > 0n).length
      providers.push({
        ...{ account, hosts, price, scoreBps, tier, region, claimKbps, penalties },
        ...{ tokenKey: announced.tokenKey, peer: announced },
        lanes: offer.laneKbps > 0 ? { kbps: offer.laneKbps, price: offer.lanePrice } : undefined,
      })
    }
    return { providers, exits }
  }

  #priceOf({ price, premiumPrice }: Offer): bigint {
    return this.#payerClass === 'premium' ? premiumPrice : price
  }
}

/** @returns an address literal and a port. @throws Error that says what is wrong with the exit's address */
export async function reachExit({ address }: Exit): Promise<NextHop> {
  const { host, port } = hostAndPort(address) ?? { host: '', port: 0 }
  if (port === 0) throw new Error(`its address ${address} is no host and port`)
  const [literal] = await addressesOf(host)
  if (literal === undefined) throw new Error(`its name ${host} stands for no address`)
  return { host: literal, port }
}
