import { expect } from 'chai'
import { keccakText } from '../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { Lane } from '../../proto/lane.js'
import { expectRevert, plain } from './support/evm.js'
import { KBPS, LANE_KBPS, LaneMarket, OTHER_KEY, type Reservation, SLOT_PRICE, SLOT_SECONDS } from './support/lanes.js'
import { networkForEach, TestNetwork } from './support/network.js'

/** Of the curve: s and its negative both sign. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const PARITY_BIT = 1n << 255n
const SLOTS = 3
const COST = BigInt(SLOTS) * SLOT_PRICE

describe('contracts: paying for lanes', () => {
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

  describe('are paid', () => {
    it('for the slots that their key has signed, whoever brings the signature', async () => {
      await market.settle(lane, 1, {}, anybody)
      expect(await market.tokensOf(payee!)).to.equal(SLOT_PRICE)
      const [served] = market.lanes.events(await market.settle(lane, 2), 'Served')
      expect([...served!.args].slice(2)).to.deep.equal([2n, SLOT_PRICE])
      expect(plain(served!.args).slice(0, 2)).to.deep.equal([reserved.id, payee])
      expect(await market.unpaidSlots(reserved.id)).to.equal(SLOTS - 2)
      expect([await market.tokensOf(payee!), await held()]).to.deep.equal([2n * SLOT_PRICE, COST - 2n * SLOT_PRICE])
    })

    it('and end with their last slot', async () => {
      await market.settle(lane, SLOTS)
      expect([await market.tokensOf(payee!), await held()]).to.deep.equal([COST, 0n])
      expect(await market.unpaidSlots(reserved.id)).to.equal(0)
    })

    it('attack: a signature twice, or an older one after a newer', async () => {
      await market.settle(lane, 2)
      for (const slotsServed of [0, 1, 2]) {
        await expectRevert(market.settle(lane, slotsServed), 'NothingToSettle', reserved.id, 2)
      }
      await market.settle(lane, SLOTS)
      await expectRevert(market.settle(lane, SLOTS), 'NotReserved', reserved.id)
      expect(await market.tokensOf(payee!)).to.equal(COST)
    })

    it('attack: no slots, before any is paid', async () => {
      await expectRevert(market.settle(lane, 0), 'NothingToSettle', reserved.id, 0)
    })

    it('attack: somebody brings an older signature first: the newer one still brings the rest', async () => {
      await market.settle(lane, 1, {}, payer)
      await market.settle(lane, SLOTS)
      expect(await market.tokensOf(payee!)).to.equal(COST)
    })

    it('attack: more slots than the lane has', async () => {
      await market.reserve(payer!, payee!, present + 1, { slots: 12 })
      for (const slotsServed of [SLOTS + 1, 255]) {
        await expectRevert(market.settle(lane, slotsServed), 'TooManySlots', slotsServed, SLOTS)
      }
    })

    it('attack: the signature of the payee, of the payer, or of a stranger', async () => {
      await expectRevert(market.settle(lane, 1, { key: OTHER_KEY }), 'WrongSignature', reserved.id)
    })

    it('attack: a signature for another lane of the same key, another contract or another chain', async () => {
      const elsewhere = await LaneMarket.beside(net())
      const second = await market.reserve(payer!, payee!, present + 1, { slots: SLOTS })
      for (const signing of [
        { id: second.id },
        { id: elsewhere.idOf(lane) },
        { id: ZERO_HASH },
        { contract: elsewhere.id },
        { contract: { ...market.id, chainId: 1 } },
      ])
        await expectRevert(market.settle(lane, 1, signing), 'WrongSignature', reserved.id)
      await expectRevert(elsewhere.settle(lane, 1), 'NotReserved', elsewhere.idOf(lane))
    })

    it('attack: after a fork of the chain, a signature of the other side', async () => {
      const forked = { ...market.id, chainId: 4242 }
      const settle = (signing = {}) => market.lanes.read('settle', ...market.served(lane, 1, signing))
      await net().evm.rpc('anvil_setChainId', forked.chainId)
      try {
        expect(await market.lanes.read('idOf', lane)).to.equal(reserved.id)
        await expectRevert(settle(), 'WrongSignature', reserved.id)
        await settle({ contract: forked })
      } finally {
        await net().evm.rpc('anvil_setChainId', net().id.chainId)
      }
      await expectRevert(settle({ contract: forked }), 'WrongSignature', reserved.id)
    })

    it('attack: any part of the lane or of the signature changed', async () => {
      for (const change of [
        { number: 2 },
        { payer: anybody! },
        { payee: anybody! },
        { signer: anybody! },
        { kbps: KBPS + 1 },
        { fromSlot: present },
        { slots: SLOTS + 1 },
        { slotPrice: SLOT_PRICE + 1n },
      ]) {
        const other = { ...lane, ...change }
        await expectRevert(market.settle(other, 1), 'NotReserved', market.idOf(other))
        await expectRevert(market.refund(other), 'NotReserved', market.idOf(other))
      }
      const [, , r, vs] = market.served(lane, 1)
      for (const args of [
        [2, r, vs],
        [1, keccakText('other'), vs],
        [1, r, keccakText('other')],
        [1, ZERO_HASH, ZERO_HASH],
      ])
        await expectRevert(market.lanes.send(anybody!, 'settle', lane, ...args), 'WrongSignature', reserved.id)
    })

    it('attack: the second form that every signature has: the short form has no room for it', async () => {
      const [, , r, yParityAndS] = market.served(lane, 1)
      const vs = BigInt(yParityAndS)
      for (const s of [ORDER - (vs & (PARITY_BIT - 1n)), vs ^ PARITY_BIT]) {
        const second = `0x${s.toString(16).padStart(64, '0')}`
        await expectRevert(market.lanes.send(anybody!, 'settle', lane, 1, r, second), 'WrongSignature', reserved.id)
      }
    })

    it('attack: one that is payer, payee and signer moves its own tokens only', async () => {
      const own = await market.payer(COST)
      await market.post(own)
      const { lane: mine } = await market.reserve(own, own, present, { slots: SLOTS })
      await market.settle(mine, 1)
      await net().evm.at(market.refundableAt(mine))
      await market.refund(mine)
      expect([await market.tokensOf(own), await held()]).to.deep.equal([COST, COST])
    })
  })

  describe('are given back', () => {
    it('as far as nobody signed: a tenth to the payee, the rest to the payer, whoever calls', async () => {
      await market.settle(lane, 1)
      await net().evm.at(market.refundableAt(lane))
      const before = await market.tokensOf(payer!)
      const [refunded] = market.lanes.events(await market.refund(lane, anybody), 'Refunded')
      const left = 2n * SLOT_PRICE
      expect([refunded?.args.toPayer, refunded?.args.toPayee]).to.deep.equal([(left * 9n) / 10n, left / 10n])
      expect(plain(refunded!.args).slice(0, 3)).to.deep.equal([reserved.id, payer, payee])
      expect(await market.tokensOf(payee!)).to.equal(SLOT_PRICE + left / 10n)
      expect((await market.tokensOf(payer!)) - before).to.equal((left * 9n) / 10n)
      expect([await held(), await market.unpaidSlots(reserved.id)]).to.deep.equal([0n, 0])
    })

    it('to the wei: what does not divide by ten goes to the payer', async () => {
      await market.post(payee!, { lanePrice: 1n })
      for (const [kbps, toPayee] of [
        [1, 0n],
        [9000, 0n],
        [19_000, 1n],
      ] as const) {
        const { lane: cheap } = await market.reserve(payer!, payee!, present, { kbps })
        const restore = await net().checkpoint()
        await net().evm.at(market.refundableAt(cheap))
        const [refunded] = market.lanes.events(await market.refund(cheap), 'Refunded')
        expect([refunded?.args.toPayee, refunded?.args.toPayer]).to.deep.equal([toPayee, cheap.slotPrice - toPayee])
        await restore()
      }
    })

    it('not before the last second of the time to settle', async () => {
      const at = market.refundableAt(lane)
      await expectRevert(market.refund(lane), 'RefundTooEarly', reserved.id, at)
      await net().evm.nextAt(at - 1)
      await expectRevert(market.refund(lane), 'RefundTooEarly', reserved.id, at)
      await net().evm.nextAt(at)
      await market.refund(lane)
    })

    it('less what the payee settles in time, or late, as long as nobody has refunded', async () => {
      await net().evm.at(market.refundableAt(lane) + SLOT_SECONDS)
      await market.settle(lane, 2)
      await market.refund(lane)
      expect(await market.tokensOf(payee!)).to.equal(2n * SLOT_PRICE + SLOT_PRICE / 10n)
    })

    it('attack: a payer refunds at the first moment: the payee had the whole time to settle', async () => {
      await net().evm.nextAt(market.refundableAt(lane) - 1)
      await market.settle(lane, 2)
      await net().evm.nextAt(market.refundableAt(lane))
      await market.refund(lane, payer)
      expect(await market.tokensOf(payee!)).to.equal(2n * SLOT_PRICE + SLOT_PRICE / 10n)
    })

    it('attack: settled or refunded after a refund, or refunded after all is paid', async () => {
      const paid = await market.reserve(payer!, payee!, present + 1, { slots: SLOTS })
      await market.settle(paid.lane, SLOTS)
      const other = await market.reserve(payer!, payee!, present + 1, { slots: SLOTS })
      await net().evm.at(market.refundableAt(lane))
      await market.refund(lane)
      await expectRevert(market.settle(lane, 2), 'NotReserved', reserved.id)
      await expectRevert(market.refund(lane), 'NotReserved', reserved.id)
      await expectRevert(market.refund(paid.lane), 'NotReserved', paid.id)
      expect([await held(), await market.unpaidSlots(other.id)]).to.deep.equal([COST, SLOTS])
    })

    it('attack: who blocks all lanes of a payee and never uses one pays a tenth of their price', async () => {
      const blocked = await market.reserve(payer!, payee!, present + SLOTS + 1, { slots: 12, kbps: LANE_KBPS })
      await expectRevert(market.reserve(anybody!, payee!, present + SLOTS + 1, { kbps: 1 }), 'SlotFull')
      await net().evm.at(market.refundableAt(blocked.lane))
      await market.refund(blocked.lane)
      expect(await market.tokensOf(payee!)).to.equal((12n * 5n * SLOT_PRICE) / 10n)
    })
  })
})
