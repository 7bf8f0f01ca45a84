import { expect } from 'chai'
import { ZeroAddress } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import type { Lane } from '../../proto/lane.js'
import { expectRevert } from './support/evm.js'
import {
  KBPS,
  LANE_KBPS,
  LANE_PRICE,
  LaneMarket,
  REACH_SLOTS,
  type Reservation,
  SLOT_PRICE,
  SLOT_SECONDS,
} from './support/lanes.js'
import { OFFER, SIGNER } from './support/market.js'
import { networkForEach, TestNetwork } from './support/network.js'

const UINT32_MAX = 2 ** 32 - 1
const SLOTS = 3
const COST = BigInt(SLOTS) * SLOT_PRICE

describe('contracts: reserving lanes', () => {
  const net = networkForEach(() => TestNetwork.create())
  let market: LaneMarket
  let [payer, payee, anybody]: Hex[] = []
  let present: number
  let reserved: Reservation
  let lane: Lane
  beforeEach(async () => {
    market = await LaneMarket.beside(net())
    payer = await market.payer()
    payee = await market.payee()
    anybody = net().newAccount()
    present = await market.nextSlot()
    reserved = await market.reserve(payer, payee, present + 1, { slots: SLOTS })
    ;({ lane } = reserved)
  })
  const held = () => market.tokensOf(market.lanes.address)

  it('for slots after one another, at the price of now', async () => {
    expect(reserved.id).to.equal(market.idOf(lane))
    expect(await market.lanes.read('idOf', lane)).to.equal(reserved.id)
    const facts = { kbps: KBPS, fromSlot: present + 1, slots: SLOTS, slotPrice: SLOT_PRICE }
    expect(lane).to.deep.equal({ number: 1, payer, payee, signer: SIGNER, ...facts })
    expect(await market.unpaidSlots(reserved.id)).to.equal(SLOTS)
    expect(await market.rates(payee!, present, 5)).to.deep.equal([0, KBPS, KBPS, KBPS, 0])
    expect(await held()).to.equal(COST)
  })

  it('with another id each time, for the same slots', async () => {
    const again = await market.reserve(payer!, payee!, present + 1, { slots: SLOTS })
    expect(again.lane).to.deep.equal({ ...lane, number: 2 })
    expect(again.id).not.to.equal(reserved.id)
    expect(await market.rates(payee!, present + 1, 1)).to.deep.equal([2 * KBPS])
  })

  it('up to the rate that the payee offers, in each of its slots', async () => {
    const slot = present + SLOTS // the last of the lane
    await market.reserve(payer!, payee!, slot, { kbps: LANE_KBPS - KBPS })
    const one = market.reserve(payer!, payee!, slot - 2, { kbps: 1, slots: SLOTS })
    await expectRevert(one, 'SlotFull', slot, LANE_KBPS, LANE_KBPS)
    expect(await market.rates(payee!, slot - 2, 4)).to.deep.equal([KBPS, KBPS, LANE_KBPS, 0])
    const other = await market.payee()
    await market.reserve(payer!, other, slot, { kbps: LANE_KBPS })
  })

  it('from the present slot on until its last second, and not when it is over', async () => {
    const end = (present + 1) * SLOT_SECONDS
    await net().evm.nextAt(end - 1)
    await market.reserve(payer!, payee!, present)
    await net().evm.nextAt(end)
    const late = market.reserve(payer!, payee!, present)
    await expectRevert(late, 'SlotsOutOfReach', present, present + 1, present + 1 + REACH_SLOTS)
  })

  it('with a last slot that is at most 287 after the present one', async () => {
    const end = present + REACH_SLOTS
    await market.reserve(payer!, payee!, end - 12, { slots: 12 })
    await market.reserve(payer!, payee!, end - 1)
    for (const [fromSlot, slots] of [
      [end - 11, 12],
      [end, 1],
    ] as const) {
      const far = market.reserve(payer!, payee!, fromSlot, { slots })
      await expectRevert(far, 'SlotsOutOfReach', fromSlot, present, end)
    }
  })

  it('attack: a first slot so high that the last one overflows', async () => {
    for (const slots of [1, 12]) {
      await expectRevert(market.reserve(payer!, payee!, 2n ** 64n - 1n, { slots }), 'SlotsOutOfReach')
    }
  })

  it('not without a rate, a signer, one to twelve slots, or an offer of lanes', async () => {
    const reserve = (change: object) => market.reserve(payer!, payee!, present, change)
    await expectRevert(reserve({ kbps: 0 }), 'NoRate')
    await expectRevert(reserve({ signer: ZeroAddress }), 'NoSigner')
    for (const slots of [0, 13, 255]) await expectRevert(reserve({ slots }), 'WrongSlots', slots, 12)
    await expectRevert(market.reserve(payer!, anybody!, present), 'NoLanes', anybody)
    await market.post(anybody!, OFFER)
    await expectRevert(market.reserve(payer!, anybody!, present), 'NoLanes', anybody)
  })

  it('by the new offer only: lanes that are there stay, and are paid, if it is lowered or withdrawn', async () => {
    await market.post(payee!, { laneKbps: KBPS - 1 })
    const more = () => market.reserve(payer!, payee!, present + 1, { kbps: 1 })
    await expectRevert(more(), 'SlotFull', present + 1, KBPS, KBPS - 1)
    await market.offers.send(payee!, 'withdraw')
    await expectRevert(more(), 'NoLanes', payee)
    await market.settle(lane, SLOTS)
    expect(await market.tokensOf(payee!)).to.equal(COST)
  })

  it('is deployed with a length of slots and a time to settle', async () => {
    const deploy = (...times: number[]) =>
      net().evm.deploy(net().deployer, 'Lanes', [market.token.address, market.offers.address, ...times])
    await expectRevert(deploy(0, 1), 'ZeroParameter', 'slotseconds')
    await expectRevert(deploy(1, 0), 'ZeroParameter', 'graceseconds')
  })

  it('attack: more than the payee offers, in slots of which a full one lies behind the border of a word', async () => {
    const word = present + 8 - (present % 8) + 8 // the first slot of a word
    await market.reserve(payer!, payee!, word - 3, { slots: 12, kbps: LANE_KBPS }) // three words
    const full = Array.from({ length: 12 }, () => LANE_KBPS)
    expect(await market.rates(payee!, word - 4, 14)).to.deep.equal([0, ...full, 0])
    for (let fromSlot = word - 4; fromSlot < word + 9; fromSlot++) {
      await expectRevert(market.reserve(payer!, payee!, fromSlot, { slots: 2, kbps: 1 }), 'SlotFull')
    }
    for (const fromSlot of [word - 6, word + 9]) await market.reserve(payer!, payee!, fromSlot, { slots: 3 })
    expect(await market.rates(payee!, word - 4, 14)).to.deep.equal([KBPS, ...full, KBPS])
  })

  it('attack: rates whose sum does not fit into 32 bits, with slots of others beside them', async () => {
    const slot = present + 8 - (present % 8) + 8
    await market.post(payee!, { laneKbps: UINT32_MAX, lanePrice: 1n })
    for (const i of [0, 2, 7]) await market.reserve(payer!, payee!, slot + i, { kbps: UINT32_MAX })
    await market.reserve(payer!, payee!, slot + 1, { kbps: 1 })
    for (const [i, kbps] of [
      [0, 1],
      [1, UINT32_MAX],
      [7, UINT32_MAX],
    ] as const) {
      await expectRevert(market.reserve(payer!, payee!, slot + i, { kbps }), 'SlotFull')
    }
    const rates = [0, UINT32_MAX, 1, UINT32_MAX, 0, 0, 0, 0, UINT32_MAX, 0]
    expect(await market.rates(payee!, slot - 1, 10)).to.deep.equal(rates)
  })

  it('attack: lanes so narrow that their price rounds to nothing', async () => {
    await market.post(payee!, { lanePrice: 1n })
    for (const [kbps, slotPrice] of [
      [1, 1n],
      [1000, 1n],
      [1001, 2n],
    ] as const) {
      const before = await held()
      const { lane: narrow } = await market.reserve(payer!, payee!, present, { kbps, slots: 2 })
      expect([narrow.slotPrice, (await held()) - before]).to.deep.equal([slotPrice, 2n * slotPrice])
    }
  })

  it('attack: a payee raises its price just before: the payer said what it would pay', async () => {
    await market.post(payee!, { lanePrice: LANE_PRICE + 1n })
    await expectRevert(market.reserve(payer!, payee!, present), 'PriceTooHigh', LANE_PRICE + 1n, LANE_PRICE)
  })

  it('attack: a payee raises its price just after: the lane keeps its own', async () => {
    await market.post(payee!, { lanePrice: 100n * LANE_PRICE })
    await market.settle(lane, 1)
    expect(await market.tokensOf(payee!)).to.equal(SLOT_PRICE)
    await expectRevert(market.settle({ ...lane, slotPrice: 100n * SLOT_PRICE }, 2), 'NotReserved')
  })
})
