import { expect } from 'chai'
import { type Bound, expectRevert } from './support/evm.js'
import { KBPS, LANE_OFFER, LANE_PRICE, LaneMarket, type Reservation, SLOT_PRICE } from './support/lanes.js'
import { SIGNER } from './support/market.js'
import { networkForEach, TestNetwork } from './support/network.js'
import { deployOdd } from './support/odd-tokens.js'

const UINT32_MAX = 2 ** 32 - 1
const UINT96_MAX = 2n ** 96n - 1n
const COST = 2n * SLOT_PRICE

describe('contracts: tokens of lanes', () => {
  const net = networkForEach(() => TestNetwork.create())
  let market: LaneMarket
  let puppet: Bound
  let present: number

  /** Lanes paid in an odd token, and a puppet that offers lanes, has tokens for one and may reserve it. */
  const withPuppet = async (token: string): Promise<void> => {
    market = await LaneMarket.beside(net(), await deployOdd(net().evm, token))
    puppet = await deployOdd(net().evm, 'Puppet')
    await market.token.send(net().deployer, 'transfer', puppet.address, COST)
    await tell(market.token, 'approve', market.lanes.address, COST)
    await tell(market.offers, 'post', LANE_OFFER, '')
    present = await market.nextSlot()
  }
  const tell = (target: Bound, method: string, ...args: unknown[]) =>
    puppet.send(net().deployer, 'execute', target.address, target.interface.encodeFunctionData(method, args))
  const prepare = (method: string, ...args: unknown[]) =>
    puppet.send(
      net().deployer,
      'whenTokensMove',
      market.lanes.address,
      market.lanes.interface.encodeFunctionData(method, args),
    )
  /** The puppet reserves a lane at itself. */
  const reserveOwn = async (slots: number): Promise<Reservation> =>
    market.reserved(await tell(market.lanes, 'reserve', puppet.address, KBPS, present, slots, SIGNER, LANE_PRICE))
  const ownLane = (number: number, slots: number) => ({
    ...{ number, payer: puppet.address, payee: puppet.address, signer: SIGNER },
    ...{ kbps: KBPS, fromSlot: present, slots, slotPrice: SLOT_PRICE },
  })
  const othersReserve = async () => market.reserve(await market.payer(), await market.payee(), present, { slots: 2 })
  const held = () => market.tokensOf(market.lanes.address)

  it('may be as many as the highest price and rate cost', async () => {
    market = await LaneMarket.beside(net(), await deployOdd(net().evm, 'UnburnableToken'))
    const [payer, payee] = [await market.payer(2n ** 200n), await market.payee()]
    await market.post(payee, { laneKbps: UINT32_MAX, lanePrice: UINT96_MAX })
    const from = await market.nextSlot()
    const { lane } = await market.reserve(payer, payee, from, { kbps: UINT32_MAX, slots: 12, maxPrice: UINT96_MAX })
    expect(lane.slotPrice).to.equal((UINT96_MAX * BigInt(UINT32_MAX) + 999n) / 1000n)
    expect(await held()).to.equal(12n * lane.slotPrice)
    await market.settle(lane, 12)
    expect(await market.tokensOf(payee)).to.equal(12n * lane.slotPrice)
  })

  it('attack: a token that keeps some of each transfer', async () => {
    market = await LaneMarket.beside(net(), await deployOdd(net().evm, 'FeeToken'))
    const reserve = market.reserve(await market.payer(), await market.payee(), await market.nextSlot())
    await expectRevert(reserve, 'WrongAmountReceived', SLOT_PRICE, (SLOT_PRICE * 99n) / 100n)
  })

  it('attack: tokens on their way are paid out before they arrive, from what others put in', async () => {
    await withPuppet('HookToken')
    await othersReserve()
    await prepare('settle', ...market.served(ownLane(2, 2), 2))
    await expectRevert(reserveOwn(2), 'WrongAmountReceived', COST, 0)
    expect([await held(), await market.tokensOf(puppet.address)]).to.deep.equal([COST, COST])
    expect(await market.rates(puppet.address, present, 1)).to.deep.equal([0])
  })

  it('attack: a lane is reserved while the tokens of another are on their way, so that they count for both', async () => {
    await withPuppet('HookToken')
    await othersReserve()
    await prepare('reserve', puppet.address, KBPS, present, 1, SIGNER, LANE_PRICE)
    await expectRevert(reserveOwn(1), 'WrongAmountReceived', SLOT_PRICE, COST)
    expect([await held(), await market.tokensOf(puppet.address)]).to.deep.equal([COST, COST])
  })

  it('attack: a payee that is called when its tokens come settles once more', async () => {
    await withPuppet('ReceiverHookToken')
    await othersReserve()
    const { lane, id } = await reserveOwn(2)
    await prepare('settle', ...market.served(lane, 1))
    await market.settle(lane, 1)
    expect([await held(), await market.tokensOf(puppet.address)]).to.deep.equal([COST + SLOT_PRICE, SLOT_PRICE])
    expect(await market.unpaidSlots(id)).to.equal(1)
  })

  it('attack: a payee that is called when its tokens come refunds, or settles what is being refunded', async () => {
    await withPuppet('ReceiverHookToken')
    await othersReserve()
    const { lane, id } = await reserveOwn(2)
    await net().evm.at(market.refundableAt(lane))
    const calls: [method: string, ...args: unknown[]][] = [
      ['refund', lane],
      ['settle', ...market.served(lane, 2)],
    ]
    for (const again of calls) {
      const restore = await net().checkpoint()
      await prepare(...again)
      await market.refund(lane)
      expect([await held(), await market.tokensOf(puppet.address)]).to.deep.equal([COST, COST])
      expect(await market.unpaidSlots(id)).to.equal(0)
      await restore()
    }
  })

  it('attack: a payee refunds the rest while a settlement is on its way', async () => {
    await withPuppet('ReceiverHookToken')
    await othersReserve()
    const { lane } = await reserveOwn(2)
    await net().evm.at(market.refundableAt(lane))
    await prepare('refund', lane)
    await market.settle(lane, 1)
    expect([await held(), await market.tokensOf(puppet.address)]).to.deep.equal([COST, COST])
  })

  it('attack: a payee that refuses its tenth, to keep the rest from the payer', async () => {
    market = await LaneMarket.beside(net(), await deployOdd(net().evm, 'RefusingToken'))
    const [payer, payee] = [await market.payer(COST), await market.payee()]
    const { lane } = await market.reserve(payer, payee, await market.nextSlot(), { slots: 2 })
    await market.token.send(payee, 'refuse', payee)
    await net().evm.at(market.refundableAt(lane))
    const [refunded] = market.lanes.events(await market.refund(lane), 'Refunded')
    expect([refunded?.args.toPayer, refunded?.args.toPayee]).to.deep.equal([COST, 0n])
    expect([await market.tokensOf(payer), await held()]).to.deep.equal([COST, 0n])
  })

  it('attack: a caller gives so little gas that the payee’s tenth fails: then all fails', async () => {
    market = await LaneMarket.beside(net())
    const [payer, payee] = [await market.payer(COST), await market.payee()]
    const { lane } = await market.reserve(payer, payee, await market.nextSlot(), { slots: 2 })
    await net().evm.at(market.refundableAt(lane))
    const data = market.lanes.interface.encodeFunctionData('refund', [lane])
    const outcomes = new Set<string>()
    for (let gas = 30_000; gas <= 100_000; gas += 1000) {
      const restore = await net().checkpoint()
      await net()
        .evm.send(payer, market.lanes.address, data, gas)
        .catch(() => {})
      outcomes.add(`${await market.tokensOf(payee)} ${await market.tokensOf(payer)}`)
      await restore()
    }
    expect([...outcomes]).to.deep.equal(['0 0', `${COST / 10n} ${(COST * 9n) / 10n}`])
  })
})
