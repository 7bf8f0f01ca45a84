/** Offers on a real chain, and the log of them. */
import { expect } from 'chai'
import { AbiCoder } from 'ethers'
import { keccakText } from '../../../proto/hash.js'
import type { EthersChain } from '../ethers-chain.js'
import { type Offer, OfferLog, postOfferCall, readOffer, withdrawOfferCall } from '../offers.js'
import { useLiveNetwork } from './live-network.js'
import { emitRaw } from './raw-logs.js'

const PLAIN: Offer = { price: 5n * 10n ** 16n, premiumPrice: 0n, laneKbps: 0, lanePrice: 0n, exit: undefined }
const EXIT = { publicKey: keccakText('key'), certHash: keccakText('certificate'), address: '203.0.113.7:4433' }
const FULL: Offer = { price: 2n ** 96n - 1n, premiumPrice: 1n, laneKbps: 10_000, lanePrice: 7n, exit: EXIT }

describe('offers on the chain', () => {
  const net = useLiveNetwork()
  let payee: EthersChain
  beforeEach(async () => {
    payee = await net.live.connectAs('p0')
  })
  afterEach(() => payee.close())

  const log = () => new OfferLog(net.chain.context)
  const post = async (offer: Offer, chain = payee) =>
    expect(await chain.sender!.send(postOfferCall(chain.context, offer))).to.include({ kind: 'done' })
  const withdraw = () => payee.sender!.send(withdrawOfferCall(payee.context))
  const account = () => payee.account!

  it('are read as they were posted, until they are withdrawn', async () => {
    expect(await readOffer(net.chain.context, account())).to.equal(undefined)
    await post(PLAIN)
    expect(await readOffer(net.chain.context, account())).to.deep.equal(PLAIN)
    await post(FULL)
    const { address: _, ...keys } = EXIT
    expect(await readOffer(net.chain.context, account())).to.deep.equal({ ...FULL, exit: keys })
    expect(await withdraw()).to.include({ kind: 'done' })
    expect(await readOffer(net.chain.context, account())).to.equal(undefined)
    const again = await withdraw()
    expect(again.kind === 'rejected' && again.reason).to.match(/^NoOffer\(account=0x/)
  })

  it('are all in the log, each with the address of its exit, and none that was withdrawn or replaced', async () => {
    const offers = log()
    expect([...(await offers.offers())]).to.deep.equal([])
    await post(PLAIN)
    await post(PLAIN, net.chain)
    await post(FULL)
    const both = [
      [account(), FULL],
      [net.chain.account!, PLAIN],
    ]
    expect([...(await offers.offers())]).to.have.deep.members(both)
    expect([...(await log().offers())], 'read afresh').to.have.deep.members(both)
    await withdraw()
    expect([...(await offers.offers())]).to.deep.equal([[net.chain.account!, PLAIN]])
  })

  it('that a reorganisation removed are offers no more', async () => {
    const offers = log()
    await post(PLAIN)
    await net.live.rpc('anvil_mine', ['0x5'])
    await offers.offers()
    const before = await net.live.snapshot()
    await post(FULL)
    expect((await offers.offers()).get(account())).to.deep.equal(FULL)
    await net.live.revert(before)
    await net.live.rpc('anvil_mine', ['0x7'])
    expect((await offers.offers()).get(account())).to.deep.equal(PLAIN)
  })

  it('of which old ones are many are kept as one each', async () => {
    const offers = log()
    for (let price = 1n; price <= 3n; price++) await post({ ...PLAIN, price })
    await net.live.rpc('anvil_mine', ['0x100'])
    await offers.offers()
    await net.live.rpc('anvil_mine', ['0x1'])
    expect((await offers.offers()).get(account())).to.include({ price: 3n })
  })

  it('that the contract would not write are none, and hide no other', async () => {
    await post(PLAIN)
    const { interface: abi } = net.chain.context.contracts.offers
    const topic = abi.getEvent('OfferPosted')!.topicHash
    const emit = (address: Uint8Array) => {
      const struct = [FULL.price, FULL.premiumPrice, FULL.laneKbps, FULL.lanePrice, EXIT.publicKey, EXIT.certHash]
      const types = ['tuple(uint96,uint96,uint32,uint96,bytes32,bytes32)', 'bytes']
      const data = AbiCoder.defaultAbiCoder().encode(types, [struct, address])
      return emitRaw(net.live, 'offers', [topic, account()], data)
    }
    await emit(Buffer.from('a b'))
    await emit(Buffer.from('a'.repeat(257)))
    await emit(Uint8Array.of(0xff))
    expect([...(await log().offers())]).to.deep.equal([[account(), PLAIN]])
    await emit(Buffer.from(EXIT.address))
    expect([...(await log().offers())], 'one that it might write').to.deep.equal([[account(), FULL]])
  })
})
