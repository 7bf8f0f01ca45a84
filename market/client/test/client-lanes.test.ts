/** A lane on a real chain, from its reservation to its last wei: both ends, without the relay between them. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemRandom } from '../../../probe/index.js'
import { fromHex, type Hex } from '../../../proto/hex.js'
import type { ServedSlots } from '../../../proto/messages.js'
import { connectChain } from '../../../verifier/chain/connect.js'
import type { EthersChain } from '../../../verifier/chain/ethers-chain.js'
import { readLaneTimes, slotPriceOf } from '../../../verifier/chain/lanes.js'
import { postOfferCall } from '../../../verifier/chain/offers.js'
import { readTokens } from '../../../verifier/chain/stake.js'
import { useLiveNetwork } from '../../../verifier/chain/test/live-network.js'
import { silent } from '../../../verifier/net/test/network.js'
import { Lifecycle } from '../../../verifier/node/lifecycle.js'
import { ownLanes } from '../../provider/lanes/open-lanes.js'
import { openServedStore } from '../../provider/lanes/served-store.js'
import { ClientLanes } from '../client-lanes.js'
import { LaneRefunds } from '../lane-refunds.js'

const KBPS = 5000
const LANE_PRICE = 1000n
const HOUR_MS = 3_600_000

describe('the lanes of a client', function () {
  this.timeout(120_000)
  const net = useLiveNetwork()
  let life: Lifecycle
  let payer: EthersChain
  let payee: EthersChain
  let account: Hex
  let slotSeconds: number

  beforeEach(async () => {
    life = new Lifecycle()
    const { anvil, setup } = net.live
    const privateKey = anvil.accounts[0]!.privateKey
    const connecting = connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey })
    payer = await life.open(connecting, one => one.close())
    payee = await life.open(net.live.connectAs('p0'), one => one.close())
    account = payee.account!
    const terms = { price: 1n, premiumPrice: 0n, laneKbps: KBPS, lanePrice: LANE_PRICE, exit: undefined }
    await payee.sender!.send(postOfferCall(payee.context, terms))
    slotSeconds = (await readLaneTimes(payer.context)).slotSeconds
  })
  afterEach(() => life.stop())

  const lanesUntil = (untilMs: number) =>
    new ClientLanes({
      ...{ chain: payer, random: systemRandom, kbps: KBPS, untilMs, maxPrice: LANE_PRICE, slotSeconds },
    })
  const tokens = (of: EthersChain) => readTokens(payer.context, of.account!)

  it('are one for each provider, signed when a slot is over, settled, and what is left comes back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bandwitness-served-'))
    await life.open(folder, one => rm(one, { recursive: true }))
    const store = await life.open(openServedStore(join(folder, 'lanes')), one => one.close())
    const { lanes: own, settler } = await ownLanes(payee, store, silent)
    const lanes = lanesUntil(Date.now() + HOUR_MS)
    expect(lanes.wish).to.deep.equal({ kbps: KBPS, maxPrice: LANE_PRICE })
    const before = await tokens(payer)
    expect(lanes.costs(account)).to.equal(true)
    const lane = (await lanes.at(account))!
    expect(lanes.costs(account), 'nothing more').to.equal(false)
    expect((await lanes.at(account))!.id, 'the same for the next leg').to.equal(lane.id)
    const slotPrice = slotPriceOf(LANE_PRICE, KBPS)
    expect(await tokens(payer)).to.equal(before - 12n * slotPrice)

    await own.lookAgain()
    const sessionId = randomBytes(32)
    while (Date.now() < own.known.get(lane.id)!.lane.fromSlot * slotSeconds * 1000)
      await new Promise(resolve => setTimeout(resolve, 20)) // it may begin with the next slot
    expect(own.shareOf(fromHex(lane.id), sessionId, lane.sign(sessionId))).to.include({ id: lane.id, kbps: KBPS })
    const legEnded = new AbortController()
    const told = Promise.withResolvers<ServedSlots>()
    const attending = lanes.attend(account, async served => told.resolve(served), legEnded.signal).catch(() => 'ended')
    const { slots, signature } = await told.promise
    legEnded.abort()
    expect(await attending).to.equal('ended')
    expect(slots).to.equal(1)
    expect(await own.served(lane.id, slots, signature)).to.include({ id: lane.id })

    const earned = await tokens(payee)
    expect((await settler.settleAll()).map(({ wei, result }) => [wei, result.kind])).to.deep.equal([
      [slotPrice, 'done'],
    ])
    expect(await tokens(payee)).to.equal(earned + slotPrice)

    const [shown] = await (await LaneRefunds.of(payer, payer.account!)).lanes()
    expect(shown).to.deep.include({ id: lane.id, slotsPaid: 1 })
    const early = await (await LaneRefunds.of(payer, payer.account!)).take()
    expect(early, 'too early').to.deep.equal({ taken: [], later: [shown], refused: [] })
    await net.live.mineAt(shown!.refundableAt)
    const late = await LaneRefunds.of(payer, payer.account!, { nowMs: () => shown!.refundableAt * 1000 })
    expect(await late.take()).to.deep.equal({ taken: [lane.id], later: [], refused: [] })
    const tenth = (11n * slotPrice) / 10n
    expect(await tokens(payee)).to.equal(earned + slotPrice + tenth)
    expect(await tokens(payer)).to.equal(before - slotPrice - tenth)
    expect(await late.lanes()).to.deep.equal([])
  })

  it('are wanted no more after their time, and are not dearer than what was said', async () => {
    const over = lanesUntil(Date.now() - 1)
    expect(over.wish).to.equal(undefined)
    expect(over.costs(account)).to.equal(false)
    expect(await over.at(account)).to.equal(undefined)
    const dear = new ClientLanes({
      ...{ chain: payer, random: systemRandom, kbps: KBPS, untilMs: Date.now() + HOUR_MS, slotSeconds },
      maxPrice: LANE_PRICE - 1n,
    })
    expect(await dear.at(account).catch((error: Error) => error.message)).to.include(`asks ${LANE_PRICE} wei`)
  })
})
