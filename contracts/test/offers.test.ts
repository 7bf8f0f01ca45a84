import { expect } from 'chai'
import { keccakText } from '../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { expectRevert } from './support/evm.js'
import { Market, OFFER, PREMIUM_PRICE, PRICE } from './support/market.js'
import { networkForEach, TestNetwork } from './support/network.js'

const EXIT = { exitKey: keccakText('exit key'), exitCertHash: keccakText('certificate') }
const ADDRESS = '/ip4/192.0.2.7/udp/4433'

describe('contracts: offers', () => {
  const net = networkForEach(() => TestNetwork.create())
  let market: Market
  let account: Hex
  beforeEach(async () => {
    market = Market.of(net())
    account = net().newAccount()
  })
  const post = (change: object, address = '') => market.offers.send(account, 'post', { ...OFFER, ...change }, address)
  const quote = (isPremium: boolean) => market.offers.read('quote', account, isPremium)

  it('quote what an account asks for now', async () => {
    const receipt = await post(EXIT, ADDRESS)
    expect([await quote(false), await quote(true)]).to.deep.equal([PRICE, PREMIUM_PRICE])
    const [event] = market.offers.events(receipt, 'OfferPosted')
    expect([event?.args.account.toLowerCase(), event?.args.exitAddress]).to.deep.equal([account, ADDRESS])
    const offer = await market.offers.read<{ exitKey: Hex; exitCertHash: Hex }>('offerOf', account)
    expect([offer.exitKey, offer.exitCertHash]).to.deep.equal([EXIT.exitKey, EXIT.exitCertHash])
    await post({ price: PRICE * 2n })
    expect(await quote(false)).to.equal(PRICE * 2n)
  })

  it('can be taken back, once', async () => {
    await post({})
    await market.offers.send(account, 'withdraw')
    for (const isPremium of [false, true]) await expectRevert(quote(isPremium), 'NoOffer', account)
    await expectRevert(market.offers.send(account, 'withdraw'), 'NoOffer', account)
  })

  it('have no class with priority if none is offered', async () => {
    await post({ premiumPrice: 0n })
    await expectRevert(quote(true), 'NoOffer', account)
    expect(await quote(false)).to.equal(PRICE)
  })

  it('are whole: a price, an exit with key, certificate and address, lanes with rate and price', async () => {
    await expectRevert(post({ price: 0n }), 'NoPrice')
    await expectRevert(post({ laneKbps: 1000 }), 'IncompleteLanes')
    await expectRevert(post({ lanePrice: 1n }), 'IncompleteLanes')
    await expectRevert(post(EXIT), 'IncompleteExit')
    await expectRevert(post({}, ADDRESS), 'IncompleteExit')
    await expectRevert(post({ ...EXIT, exitCertHash: ZERO_HASH }, ADDRESS), 'IncompleteExit')
    await expectRevert(post({ ...EXIT, exitKey: ZERO_HASH }, ADDRESS), 'IncompleteExit')
  })

  it('attack: an address that no reader would take', async () => {
    await expectRevert(post(EXIT, `${ADDRESS} `), 'NotPrintable')
    await expectRevert(post(EXIT, 'x'.repeat(257)), 'WrongTextLength', 257, 256)
  })
})
