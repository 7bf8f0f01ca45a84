/** Vouchers on a real chain: what is redeemed of them, also after a top-up, and when. */
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { keccakText } from '../../../../proto/hash.js'
import { type Hex, toHex } from '../../../../proto/hex.js'
import { connectChain } from '../../../../verifier/chain/connect.js'
import {
  balanceOf,
  type OpenedChannel,
  openChannel,
  redeemCall,
  startCloseCall,
  topUpChannel,
} from '../../../../verifier/chain/escrow.js'
import { EscrowLog } from '../../../../verifier/chain/escrow-log.js'
import type { EthersChain } from '../../../../verifier/chain/ethers-chain.js'
import { postOfferCall } from '../../../../verifier/chain/offers.js'
import { useLiveNetwork } from '../../../../verifier/chain/test/live-network.js'
import { voucherSigner } from '../../../../verifier/chain/vouchers.js'
import { purposeOf } from '../../../core/purpose.js'
import { OwnChannels } from '../own-channels.js'
import { Redeemer } from '../redeemer.js'
import type { KeptVoucher } from '../voucher-store.js'

const MIB = 2 ** 20
/** A wei for a MiB. */
const PRICE = 1024n
const REDEEM_MS = 300_000
const silent = { info: () => {}, warn: () => {} }

describe('the redemption of vouchers', () => {
  const net = useLiveNetwork()
  const user = Wallet.createRandom()
  let payer: EthersChain
  let payee: EthersChain
  let vouchers: KeptVoucher[]
  let nowMs: number
  let redeemer: Redeemer

  beforeEach(async () => {
    const { anvil, setup } = net.live
    const privateKey = anvil.accounts[0]!.privateKey
    payer = await connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey })
    payee = await net.live.connectAs('p0')
    const terms = { price: PRICE, premiumPrice: 0n, laneKbps: 0, lanePrice: 0n, exit: undefined }
    await payee.sender!.send(postOfferCall(payee.context, terms))
    vouchers = []
    nowMs = 0
    const clock = { now: () => nowMs }
    const escrow = new EscrowLog(payee.context, { payee: payee.account! })
    const reader = { events: () => escrow.events(), balance: (id: Hex) => balanceOf(payee.context, id) }
    redeemer = new Redeemer({
      ...{ store: { all: () => vouchers }, clock, log: silent },
      channels: new OwnChannels(reader, purposeOf(user.address as Hex), clock),
      send: receipts => payee.sender!.send(redeemCall(payee.context, receipts)),
    })
  })
  afterEach(() => {
    payer.close()
    payee.close()
  })

  const open = (deposit: bigint) =>
    openChannel(payer.sender!, {
      ...{ payee: payee.account!, signer: user.address.toLowerCase() as Hex, deposit, maxPrice: PRICE },
    })
  /** The newest voucher of a channel is for so much. */
  async function keep({ id }: OpenedChannel, mib: number): Promise<void> {
    const voucher = {
      ...{ sessionId: keccakText('session'), bytes: 77, head: keccakText('head'), elapsedMs: 12 },
      ...{ channel: id, total: mib * MIB },
    }
    const signature = await voucherSigner(payee.network, user.privateKey as Hex).sign(voucher)
    vouchers = [...vouchers.filter(one => one.voucher.channel !== id), { voucher, signature: toHex(signature) }]
  }
  const paid = async ({ id }: OpenedChannel) => (await balanceOf(payee.context, id)).paid
  const brought = async () => (await redeemer.redeemAll()).map(({ wei, result }) => [wei, result.kind])

  it('brings the new bytes of each channel, once', async () => {
    const [one, other] = [await open(100n), await open(100n)]
    await keep(one, 3)
    await keep(other, 5)
    expect(await brought()).to.deep.equal([
      [3n, 'done'],
      [5n, 'done'],
    ])
    expect(await brought()).to.deep.equal([])
    await keep(one, 10)
    expect(await brought()).to.deep.equal([[7n, 'done']])
  })

  it('brings the rest of an old voucher after a top-up', async () => {
    const channel = await open(4n)
    await keep(channel, 10)
    expect(await brought()).to.deep.equal([[4n, 'done']])
    expect(await brought(), 'nothing is left').to.deep.equal([])
    await topUpChannel(payer.sender!, channel.channel, 3n)
    expect(await brought()).to.deep.equal([[3n, 'done']])
    await topUpChannel(payer.sender!, channel.channel, 50n)
    expect(await brought()).to.deep.equal([[3n, 'done']])
    expect(await brought()).to.deep.equal([])
    expect(await paid(channel)).to.equal(10n)
  })

  it('happens every five minutes, and at once for a channel that closes', async () => {
    const [one, other] = [await open(100n), await open(100n)]
    await keep(one, 3)
    await keep(other, 5)
    await redeemer.look()
    expect([await paid(one), await paid(other)]).to.deep.equal([0n, 0n])
    await payer.sender!.send(startCloseCall(payer.context, other.channel))
    nowMs += 1000
    await redeemer.look()
    expect([await paid(one), await paid(other)]).to.deep.equal([0n, 5n])
    nowMs += REDEEM_MS
    await redeemer.look()
    expect([await paid(one), await paid(other)]).to.deep.equal([3n, 5n])
  })
})
