/** What the chain says of the market: who offers to carry traffic, at what price, and where to reach them. */
import type { Logger } from 'pino'
import { addressesOf } from '../../probe/io/resolve-host.js'
import type { Hex } from '../../proto/hex.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { type Exit, OfferLog } from '../../verifier/chain/offers.js'
import { parseHostPort } from '../../verifier/cli/host-port.js'
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
}

export interface MarketView {
  readonly providers: readonly OfferingProvider[]
  readonly exits: readonly OfferingExit[]
}

/** What reports say of providers, by account. */
export type Scores = ReadonlyMap<Hex, { readonly scoreBps: number; readonly tier: number }>

export class Market {
  readonly #chain: EthersChain
  readonly #offers: OfferLog
  readonly directory: Directory

  constructor(chain: EthersChain, log: Pick<Logger, 'warn'>) {
    this.#chain = chain
    this.#offers = new OfferLog(chain.context)
    this.directory = new Directory(chain, log)
  }

  /** @throws RpcFault */
  async view(scores: Scores): Promise<MarketView> {
    const [offers] = await Promise.all([this.#offers.offers(), this.directory.refresh()])
    const providers: OfferingProvider[] = []
    const exits: OfferingExit[] = []
    for (const [account, offer] of offers) {
      if (offer.exit !== undefined) exits.push({ ...offer.exit, account, price: offer.price })
      const { price } = offer
      const announced = this.directory.provider(account)
      const registered = announced && price > 0n ? await this.#chain.provider(account) : undefined
      if (announced === undefined || registered === undefined) continue
      const hosts = announced.multiaddrs.map(hostOf).filter(host => host !== undefined)
      const { claimKbps, region } = registered
      const { scoreBps, tier } = scores.get(account) ?? { scoreBps: undefined, tier: undefined }
      providers.push({
        account,
        hosts,
        price,
        scoreBps,
        tier,
        region,
        claimKbps,
        tokenKey: announced.tokenKey,
        peer: announced,
      })
    }
    return { providers, exits }
  }
}

/** @returns an address literal and a port; undefined if the name stands for none */
export async function reachExit({ address }: Exit): Promise<{ host: string; port: number } | undefined> {
  const { host, port } = parseHostPort('exit', address)
  const [literal] = await addressesOf(host)
  return literal === undefined ? undefined : { host: literal, port }
}
