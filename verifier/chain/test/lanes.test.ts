/** Lanes on a real chain: reserved, paid and given back, and what the payee reads of it. */
import { expect } from 'chai'
import { SigningKey } from 'ethers'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex } from '../../../proto/hex.js'
import { servedDigest } from '../../../proto/lane.js'
import { accountOf } from '../account.js'
import { connectChain } from '../connect.js'
import type { EthersChain } from '../ethers-chain.js'
import { LaneLog, type ReservedLane } from '../lane-log.js'
import { laneIdOf, readLaneTimes, refundCall, reserveLane, settleCall, slotPriceOf, unpaidSlots } from '../lanes.js'
import { postOfferCall } from '../offers.js'
import type { Call } from '../sender.js'
import { readTokens } from '../stake.js'
import { useLiveNetwork } from './live-network.js'

const TOKEN = 10n ** 18n
const LANE_KBPS = 20_000
const LANE_PRICE = TOKEN / 100n
const KBPS = 10_000
const SLOT_PRICE = 10n * LANE_PRICE
const KEY = keccakText('lane key')
const SIGNER = accountOf(KEY)
const SLOT_SECONDS = 10
const GRACE_SECONDS = 20

describe('lanes on the chain', () => {
  const net = useLiveNetwork()
  /** has all tokens */
  let payer: EthersChain
  let payee: EthersChain
  let present: number
  beforeEach(async () => {
    const { anvil, setup } = net.live
    const privateKey = anvil.accounts[0]!.privateKey
    payer = await connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey })
    payee = await net.live.connectAs('p0')
    await post({})
    // Slots begin far ahead of the wall clock, which anvil follows while nobody says more.
    present = Math.floor((await net.live.now()) / SLOT_SECONDS) + 100
    await net.live.mineAt(present * SLOT_SECONDS)
  })
  afterEach(() => {
    payer.close()
    payee.close()
  })

  const send = (chain: EthersChain, call: Call) => chain.sender!.send(call)
  const sent = async (chain: EthersChain, call: Call) => expect(await send(chain, call)).to.include({ kind: 'done' })
  const post = (change: { readonly laneKbps?: number; readonly lanePrice?: bigint }) => {
    const lanes = { laneKbps: LANE_KBPS, lanePrice: LANE_PRICE, ...change }
    return sent(payee, postOfferCall(payee.context, { price: 1n, premiumPrice: 0n, ...lanes, exit: undefined }))
  }
  // Two slots ahead: a slot that is over cannot be reserved.
  const order = () => ({
    ...{ payee: payee.account!, kbps: KBPS, fromSlot: present + 2, slots: 3, signer: SIGNER, maxPrice: LANE_PRICE },
  })
  const reserve = (change: Partial<ReturnType<typeof order>> = {}) =>
    reserveLane(payer.sender!, { ...order(), ...change })
  const tokens = (account: Hex) => readTokens(net.chain.context, account)
  function settle({ lane, id }: ReservedLane, slotsServed: number, key = KEY) {
    const { chainId, contracts } = net.chain.context.file
    const digest = servedDigest({ chainId, contract: contracts.lanes }, id, slotsServed)
    const signature = fromHex(new SigningKey(key).sign(digest).serialized as Hex)
    return send(payee, settleCall(payee.context, lane, slotsServed, signature))
  }

  it('are deployed with every network, with slots and a time to settle', async () => {
    const times = { slotSeconds: SLOT_SECONDS, graceSeconds: GRACE_SECONDS }
    expect(await readLaneTimes(net.chain.context)).to.deep.equal(times)
  })

  it('are reserved with an approval if one is needed, and paid for the slots that the key signed', async () => {
    const before = await tokens(payer.account!)
    const reserved = await reserve()
    const { maxPrice: _, ...lane } = order()
    expect(reserved.lane).to.deep.equal({ number: 1, payer: payer.account, ...lane, slotPrice: SLOT_PRICE })
    expect(reserved.id).to.equal(laneIdOf(net.chain.context, reserved.lane))
    expect(await tokens(payer.account!)).to.equal(before - 3n * SLOT_PRICE)

    const earned = await tokens(payee.account!)
    expect(await settle(reserved, 2)).to.include({ kind: 'done' })
    expect(await tokens(payee.account!)).to.equal(earned + 2n * SLOT_PRICE)
    expect(await settle(reserved, 2), 'once').to.deep.equal({ kind: 'already' })
    expect(await settle(reserved, 1), 'an older one').to.deep.equal({ kind: 'already' })
    const forged = await settle(reserved, 3, keccakText('another key'))
    expect(forged).to.deep.equal({ kind: 'rejected', reason: `WrongSignature(id=${reserved.id})` })
  })

  it('cost what a slot costs, rounded up as the contract does', async () => {
    expect(slotPriceOf(1n, 1)).to.equal(1n)
    await post({ lanePrice: 1999n })
    expect((await reserve({ kbps: 7 })).lane.slotPrice)
      .to.equal(slotPriceOf(1999n, 7))
      .and.to.equal(14n)
  })

  it('are not reserved, and cost nothing, at a higher price, of who offers none, or with too few tokens', async () => {
    const count = () => net.chain.context.provider.getTransactionCount(payer.account!)
    const before = await count()
    const refusal = async (work: Promise<unknown>) => {
      const error = await work.then(
        () => expect.fail('it is reserved'),
        thrown => thrown,
      )
      expect(error).to.include({ code: 'configuration' })
      return error.message as string
    }
    expect(await refusal(reserve({ maxPrice: LANE_PRICE - 1n }))).to.include(`asks ${LANE_PRICE} wei for each Mbit/s`)
    expect(await refusal(reserve({ payee: SIGNER }))).to.include('offers no lanes. Choose another provider.')
    const poor = await refusal(reserveLane(net.chain.sender!, order()))
    expect(poor).to.match(/holds 0 wei of the stake token .* and the reservation of the lane needs 3/)
    expect(await count()).to.equal(before)
  })

  it('attack: more than the payee offers is refused by the chain, and nothing is paid', async () => {
    await reserve()
    const before = await tokens(payer.account!)
    const error = await reserve({ kbps: LANE_KBPS - KBPS + 1 }).catch(thrown => thrown)
    expect(error.message).to.match(/^reservation of the lane: SlotFull\(/)
    expect(await tokens(payer.account!)).to.equal(before)
  })

  it('give back what nobody signed, after the time to settle', async () => {
    const reserved = await reserve()
    const refund = () => send(payer, refundCall(payer.context, reserved.lane))
    const early = await refund()
    expect(early.kind === 'rejected' && early.reason).to.match(/^RefundTooEarly\(/)
    await net.live.mineAt((present + 5) * SLOT_SECONDS + GRACE_SECONDS)
    const before = [await tokens(payer.account!), await tokens(payee.account!)]
    expect(await refund()).to.include({ kind: 'done' })
    expect(await refund()).to.deep.equal({ kind: 'already' })
    expect(await unpaidSlots(net.chain.context, reserved.id)).to.equal(0)
    const tenth = (3n * SLOT_PRICE) / 10n
    expect(await tokens(payee.account!)).to.equal(before[1]! + tenth)
    expect(await tokens(payer.account!)).to.equal(before[0]! + 9n * tenth)
    expect((await settle(reserved, 3)).kind, 'after its end').to.equal('rejected')
  })

  it('are told to their payee and their payer by the log, until they end', async () => {
    const log = new LaneLog(net.chain.context, { payee: payee.account! })
    const foreign = new LaneLog(net.chain.context, { payee: SIGNER })
    const own = new LaneLog(net.chain.context, { payer: payer.account! })
    const known = async () => [...(await log.lanes()).values()]
    expect(await known()).to.deep.equal([])
    const [first, second] = [await reserve({ slots: 1 }), await reserve({ fromSlot: present + 5 })]
    expect(await known()).to.deep.equal([first, second].map(one => ({ ...one, slotsPaid: 0 })))
    await settle(second, 2)
    expect([...(await own.lanes()).values()]).to.deep.equal(await known())
    expect((await log.lanes()).get(second.id)).to.deep.equal({ ...second, slotsPaid: 2 })
    await net.live.mineAt((present + 3) * SLOT_SECONDS + GRACE_SECONDS)
    await sent(payer, refundCall(payer.context, first.lane))
    expect((await known()).map(({ id }) => id)).to.deep.equal([second.id])
    expect((await foreign.lanes()).size).to.equal(0)
    await settle(second, 3)
    expect([await known(), [...(await own.lanes()).keys()]], 'paid in full').to.deep.equal([[], []])
  })
})
