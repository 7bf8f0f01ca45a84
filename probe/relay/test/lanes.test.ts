/** Lanes on a relay, over real UDP and in-memory streams. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import { POLICE_BURST_MS } from '../../constants.js'
import { REFUSE } from '../../plane/forwarding.js'
import type { Lanes } from '../../ports.js'
import type { NetworkOptions } from '../../test/harness.js'
import { shapeOf } from '../../verdict/session-shape.js'
import { bytesIn } from '../../verdict/share.js'
import type { RelayRequest } from '../../wire/relay-client.js'
import { Users } from './users.js'

const CLAIM_KBPS = 4000
const LANE_KBPS = 800
const LANE = randomBytes(32)
/** What the lane's key would sign. */
const SIGNED = randomBytes(65)
const HOUR_MS = 3_600_000

/** One lane, and what was asked of it. */
class OneLane implements Lanes {
  leftMs = HOUR_MS
  asked = 0
  slots = 0

  shareOf(lane: Uint8Array, _sessionId: Uint8Array, signature: Uint8Array) {
    this.asked++
    const isKnown = Buffer.compare(lane, LANE) === 0 && Buffer.compare(signature, SIGNED) === 0
    return isKnown ? this.#share : undefined
  }

  async served(id: Hex, slots: number, signature: Uint8Array) {
    const isRight = id === toHex(LANE) && slots > this.slots && Buffer.compare(signature, SIGNED) === 0
    if (!isRight) return undefined
    this.slots = slots
    return this.#share
  }

  get #share() {
    return { id: toHex(LANE), kbps: LANE_KBPS, leftMs: this.leftMs }
  }
}

describe('lanes of a relay', () => {
  let users: Users
  let lanes: OneLane

  async function start(options: Partial<NetworkOptions> = {}) {
    lanes = new OneLane()
    users = await Users.open({ claimKbps: CLAIM_KBPS, lanes, ...options })
  }

  afterEach(() => users.close())

  const stats = () => users.network.relay.stats
  const open = (more?: Partial<RelayRequest>) => users.openSession('user', more)
  const inLane = { lane: LANE, laneSignature: SIGNED }
  const dropped = () => Object.values(stats().dropped).reduce((a, b) => a + b)

  it('attack: an unknown lane, a wrong signature, or half of either is refused, and costs no session', async () => {
    await start()
    const reasonOf = async (more: Partial<RelayRequest>) => {
      const { answer } = await users.ask('user', more)
      return answer.kind === 'refuse' ? answer.refuse.reason : 'granted'
    }
    expect(await reasonOf({ ...inLane, lane: randomBytes(32) })).to.equal(REFUSE.lane)
    expect(await reasonOf({ ...inLane, laneSignature: randomBytes(65) })).to.equal(REFUSE.lane)
    expect(await reasonOf({ lane: LANE })).to.equal(REFUSE.malformed)
    expect(await reasonOf({ laneSignature: SIGNED })).to.equal(REFUSE.malformed)
    expect(stats().refused).to.include({ lane: 2, malformed: 2 })
    expect(stats().granted).to.equal(0)
    expect(lanes.asked, 'a lane without a signature is not looked up').to.equal(2)
  })

  it('a session that was refused for an unknown lane may be asked for again', async () => {
    await start()
    const sessionId = randomBytes(32)
    const first = await users.ask('user', { ...inLane, sessionId, lane: randomBytes(32) })
    expect(first.answer.kind).to.equal('refuse')
    const second = await users.ask('user', { ...inLane, sessionId })
    expect(second.answer.kind).to.equal('grant')
  })

  it('carry what was reserved while others fill the link three times', async () => {
    await start({ linkKbps: CLAIM_KBPS / 2 })
    const lane = await open(inLane)
    const others = [await open(), await open()]
    for (const one of others) one.send(shapeOf(CLAIM_KBPS).rateKbps)
    await users.until(() => stats().dropped['link-full'] > 50)
    lane.send(0.6 * LANE_KBPS)
    await users.until(() => lane.sent() >= 150)
    const sent = lane.sent()
    await users.until(() => lane.arrived() >= sent)
    expect(stats().dropped['over-rate']).to.equal(0)
  })

  it('attack: sessions of one lane together carry its rate, and not that of each', async () => {
    await start()
    const startMs = performance.now()
    const both = [await open(inLane), await open(inLane)]
    for (const one of both) one.send(2 * LANE_KBPS)
    await users.until(() => both.every(one => one.arrived() > 20) && stats().dropped['over-rate'] > 100)
    const most = bytesIn(LANE_KBPS, performance.now() - startMs + POLICE_BURST_MS)
    expect((both[0]!.arrived() + both[1]!.arrived()) * IP_DATAGRAM_BYTES).to.be.at.most(most)
  })

  it('attack: whoever opens its lane again and again gets no burst each time', async () => {
    await start()
    const startMs = performance.now()
    let bytes = 0
    for (let i = 0; i < 4; i++) {
      const one = await open(inLane)
      const sending = one.send(shapeOf(CLAIM_KBPS).rateKbps)
      const before = dropped()
      await users.until(() => dropped() > before + 20)
      clearInterval(sending)
      bytes += one.arrived() * IP_DATAGRAM_BYTES
    }
    expect(bytes).to.be.at.most(bytesIn(LANE_KBPS, performance.now() - startMs + POLICE_BURST_MS))
  })

  it('serve on as long as their key signs what is over, and no longer', async () => {
    await start()
    lanes.leftMs = 2000
    const lane = await open(inLane)
    lanes.leftMs = HOUR_MS
    await lane.client.tellServed({ slots: 1, signature: SIGNED })
    await users.until(() => lanes.slots === 1)
    await new Promise(resolve => setTimeout(resolve, 2000)) // the first slot's own time
    lane.send(shapeOf(CLAIM_KBPS).rateKbps)
    await users.until(() => stats().dropped['over-rate'] > 20)
    expect(lane.arrived(), 'held to its rate, so still in the lane').to.be.above(0)
  })

  it('attack: a hundred words on slots that are worth nothing end the session', async () => {
    await start()
    const inOne = await open(inLane)
    const without = await open()
    for (let i = 0; i < 100; i++) {
      await inOne.client.tellServed({ slots: 1, signature: randomBytes(65) })
      await without.client.tellServed({ slots: 1, signature: SIGNED })
    }
    await Promise.all([inOne.client.ended, without.client.ended])
    expect(lanes.slots).to.equal(0)
  })

  it('attack: a session that was opened in the last slot is in no lane after it', async () => {
    await start({ linkKbps: CLAIM_KBPS })
    lanes.leftMs = 300
    const lane = await open(inLane)
    await new Promise(resolve => setTimeout(resolve, lanes.leftMs)) // the lane's own time
    const other = await open()
    const kbps = shapeOf(CLAIM_KBPS).rateKbps
    lane.send(kbps)
    other.send(kbps)
    await users.until(() => lane.arrived() > 200 && other.arrived() > 0)
    expect(stats().dropped['over-rate'], 'nor held to its rate').to.equal(0)
    expect(other.arrived()).to.be.above(0.4 * lane.arrived())
  })
})
