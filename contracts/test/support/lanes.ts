/** Offers and lanes beside a network, and the signatures that lanes are paid for. */
import { SigningKey } from 'ethers'
import { keccakText } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import { type Lane, laneId, servedDigest } from '../../../proto/lane.js'
import { Bound, type Receipt } from './evm.js'
import { KEY, OFFER, SIGNER } from './market.js'
import { HOUR, type TestNetwork, TOKEN } from './network.js'

export const SLOT_SECONDS = 300
export const GRACE_SECONDS = HOUR
export const REACH_SLOTS = 288
/** Wei for each Mbit/s and slot. */
export const LANE_PRICE = TOKEN / 100n
export const LANE_KBPS = 50_000
export const LANE_OFFER = { ...OFFER, laneKbps: LANE_KBPS, lanePrice: LANE_PRICE }
export const KBPS = 10_000
/** Of a lane of `KBPS`, in wei. */
export const SLOT_PRICE = LANE_PRICE * 10n

export const OTHER_KEY = new SigningKey(keccakText('another signer of lanes'))

/** What somebody signs, and where: by default what the contract expects. */
interface Signing {
  readonly key?: SigningKey
  readonly id?: Hex
  readonly contract?: { readonly chainId: number; readonly contract: Hex }
}

export interface Reservation {
  readonly lane: Lane
  readonly id: Hex
  readonly gasUsed: number
}

export class LaneMarket {
  private constructor(
    readonly net: TestNetwork,
    readonly token: Bound,
    readonly offers: Bound,
    readonly lanes: Bound,
  ) {}

  /** @param token (default: that of the network) */
  static async beside(net: TestNetwork, token = net.token): Promise<LaneMarket> {
    const { evm, deployer } = net
    const offers = new Bound(evm, await evm.deploy(deployer, 'Offers'), 'Offers')
    const args = [token.address, offers.address, SLOT_SECONDS, GRACE_SECONDS]
    return new LaneMarket(net, token, offers, new Bound(evm, await evm.deploy(deployer, 'Lanes', args), 'Lanes'))
  }

  get id() {
    return { chainId: this.net.id.chainId, contract: this.lanes.address }
  }

  /** Lets a slot begin. @returns the slot */
  async nextSlot(): Promise<number> {
    const slot = Math.floor((await this.net.evm.now()) / SLOT_SECONDS) + 1
    await this.net.evm.at(slot * SLOT_SECONDS)
    return slot
  }

  /** An account that offers lanes. */
  async payee(): Promise<Hex> {
    const account = this.net.newAccount()
    await this.post(account)
    return account
  }

  post(account: Hex, change = {}): Promise<Receipt> {
    return this.offers.send(account, 'post', { ...LANE_OFFER, ...change }, '')
  }

  /** An account whose tokens the contract may take. */
  async payer(amount = 100n * TOKEN): Promise<Hex> {
    const account = this.net.newAccount()
    await this.token.send(this.net.deployer, 'transfer', account, amount)
    await this.token.send(account, 'approve', this.lanes.address, amount)
    return account
  }

  async reserve(
    payer: Hex,
    payee: Hex,
    fromSlot: number | bigint,
    { kbps = KBPS, slots = 1, signer = SIGNER, maxPrice = LANE_PRICE } = {},
  ): Promise<Reservation> {
    return this.reserved(await this.lanes.send(payer, 'reserve', payee, kbps, fromSlot, slots, signer, maxPrice))
  }

  reserved(receipt: Receipt): Reservation {
    const [event] = this.lanes.events(receipt, 'Reserved')
    const [number, payer, payee, signer, kbps, fromSlot, slots, slotPrice] = event!.args.lane
    const lower = (address: string) => address.toLowerCase() as Hex
    const parties = { payer: lower(payer), payee: lower(payee), signer: lower(signer) }
    const when = { kbps: Number(kbps), fromSlot: Number(fromSlot), slots: Number(slots) }
    const lane = { number: Number(number), ...parties, ...when, slotPrice }
    return { lane, id: event!.args.id, gasUsed: receipt.gasUsed }
  }

  idOf(lane: Lane): Hex {
    return laneId(this.id, lane)
  }

  /** The arguments of `settle`. */
  served(lane: Lane, slotsServed: number, { key = KEY, id, contract = this.id }: Signing = {}) {
    const { r, yParityAndS } = key.sign(servedDigest(contract, id ?? this.idOf(lane), slotsServed))
    return [lane, slotsServed, r, yParityAndS] as const
  }

  settle(lane: Lane, slotsServed: number, signing: Signing = {}, from = this.net.deployer): Promise<Receipt> {
    return this.lanes.send(from, 'settle', ...this.served(lane, slotsServed, signing))
  }

  refund(lane: Lane, from = this.net.deployer): Promise<Receipt> {
    return this.lanes.send(from, 'refund', lane)
  }

  refundableAt({ fromSlot, slots }: Lane): number {
    return (fromSlot + slots) * SLOT_SECONDS + GRACE_SECONDS
  }

  async unpaidSlots(id: Hex): Promise<number> {
    return Number(await this.lanes.read('unpaidSlots', id))
  }

  /** What is reserved in so many slots from one on, in kbit/s. */
  async rates(payee: Hex, fromSlot: number, slots: number): Promise<number[]> {
    const rates: number[] = []
    for (let i = 0; i < slots; i++) rates.push(Number(await this.lanes.read('reservedAt', payee, fromSlot + i)))
    return rates
  }

  tokensOf(account: Hex): Promise<bigint> {
    return this.token.read('balanceOf', account)
  }
}
