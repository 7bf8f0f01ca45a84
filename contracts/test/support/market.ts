/** The offers and the escrow of a network, and the receipts that it pays for. */
import { computeAddress, SigningKey, ZeroHash } from 'ethers'
import { keccakText } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import { type Channel, channelId, voucherDigest } from '../../../proto/voucher.js'
import { Bound, type Receipt } from './evm.js'
import { type TestNetwork, THAW, TOKEN } from './network.js'

export const GIB = 2 ** 30
/** Wei for 2^30 bytes. */
export const PRICE = TOKEN / 20n
export const PREMIUM_PRICE = TOKEN / 10n
export const DEPOSIT = 10n * TOKEN

export const OFFER = {
  ...{ price: PRICE, premiumPrice: PREMIUM_PRICE, laneKbps: 0, lanePrice: 0n },
  ...{ exitKey: ZeroHash as Hex, exitCertHash: ZeroHash as Hex },
}

/** It signs for payers, and its account holds nothing. */
export const KEY = new SigningKey(keccakText('signer of channels'))
export const SIGNER = computeAddress(KEY).toLowerCase() as Hex

/** Of its session; the bytes that count are those of the channel. */
const SESSION = { sessionId: keccakText('session'), bytes: 77, head: keccakText('head'), elapsedMs: 1234 }

/** What somebody signs, and where: by default what the contract expects. */
interface Signing {
  readonly key?: SigningKey
  readonly id?: Hex
  readonly network?: { readonly chainId: number; readonly contract: Hex }
}

export class Market {
  private constructor(
    readonly net: TestNetwork,
    readonly token: Bound,
    readonly offers: Bound,
    readonly escrow: Bound,
  ) {}

  static of(net: TestNetwork): Market {
    return new Market(net, net.token, net.offers, net.escrow)
  }

  /** With an escrow for another token. */
  static async beside(net: TestNetwork, token: Bound): Promise<Market> {
    const { evm, deployer, reports, offers } = net
    const args = [token.address, offers.address, reports.address, THAW]
    const escrow = new Bound(evm, await evm.deploy(deployer, 'TransferEscrow', args), 'TransferEscrow')
    return new Market(net, token, offers, escrow)
  }

  /** An account that offers to carry traffic. */
  async payee(offer = OFFER): Promise<Hex> {
    const account = this.net.newAccount()
    await this.offers.send(account, 'post', offer, '')
    return account
  }

  /** An account whose tokens the escrow may take. */
  async payer(amount = 100n * TOKEN): Promise<Hex> {
    const account = this.net.newAccount()
    await this.token.send(this.net.deployer, 'transfer', account, amount)
    await this.token.send(account, 'approve', this.escrow.address, amount)
    return account
  }

  async open(payer: Hex, payee: Hex, { deposit = DEPOSIT, maxPrice = PRICE, signer = SIGNER } = {}): Promise<Opened> {
    return this.opened(await this.escrow.send(payer, 'open', payee, signer, deposit, maxPrice))
  }

  opened(receipt: Receipt): Opened {
    const [event] = this.escrow.events(receipt, 'Opened')
    const [number, payer, payee, signer, price] = event!.args.channel
    const lower = (address: string) => address.toLowerCase() as Hex
    const parties = { payer: lower(payer), payee: lower(payee), signer: lower(signer) }
    const channel = { number: Number(number), ...parties, price }
    return { channel, id: event!.args.id, gasUsed: receipt.gasUsed }
  }

  idOf(channel: Channel): Hex {
    return channelId({ chainId: this.net.id.chainId, contract: this.escrow.address }, channel)
  }

  /** A signed receipt of so many bytes, as `redeem` takes it. */
  receipt(channel: Channel, total: number, { key = KEY, id, network = this.net.id }: Signing = {}) {
    const voucher = { ...SESSION, channel: id ?? this.idOf(channel), total }
    const { r, yParityAndS } = key.sign(voucherDigest(network, voucher))
    const { sessionId, bytes: bytesCarried, head, elapsedMs } = SESSION
    return { channel, sessionId, bytesCarried, head, elapsedMs, total, r, vs: yParityAndS }
  }

  redeem(receipts: readonly ReturnType<Market['receipt']>[], from = this.net.deployer): Promise<Receipt> {
    return this.escrow.send(from, 'redeem', receipts)
  }

  async balance(id: Hex): Promise<{ deposit: bigint; paid: bigint; closesAt: number }> {
    const [deposit, paid, closesAt] = await this.escrow.read<[bigint, bigint, bigint]>('balanceOf', id)
    return { deposit, paid, closesAt: Number(closesAt) }
  }

  tokensOf(account: Hex): Promise<bigint> {
    return this.token.read('balanceOf', account)
  }
}

export interface Opened {
  readonly channel: Channel
  readonly id: Hex
  readonly gasUsed: number
}
