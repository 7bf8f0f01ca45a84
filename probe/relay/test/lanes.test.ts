/** Lanes on a relay, over real UDP and in-memory streams. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import { toHex } from '../../../proto/hex.js'
import { POLICE_BURST_MS } from '../../constants.js'
import { REFUSE } from '../../plane/forwarding.js'
import type { Lanes, ProviderStream } from '../../ports.js'
import { HOST, Network, type NetworkOptions, PATIENCE_MS } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { shapeOf } from '../../verdict/session-shape.js'
import { bytesIn } from '../../verdict/share.js'
import { echoOf, isChallenge } from '../../wire/path-validation.js'
import { RelayClient, type RelayRequest } from '../../wire/relay-client.js'

const CLAIM_KBPS = 4000
const LANE_KBPS = 800
const LANE = randomBytes(32)
/** What the lane's key would sign. */
const SIGNED = randomBytes(65)
const SEND_MS = 5
const HOUR_MS = 3_600_000

/** One lane, and what was asked of it. */
class OneLane implements Lanes {
  leftMs = HOUR_MS
  asked = 0

  shareOf(lane: Uint8Array, _sessionId: Uint8Array, signature: Uint8Array) {
    this.asked++
    const isKnown = Buffer.compare(lane, LANE) === 0 && Buffer.compare(signature, SIGNED) === 0
    return isKnown ? { id: toHex(lane), kbps: LANE_KBPS, leftMs: this.leftMs } : undefined
  }
}

describe('lanes of a relay', function () {
  this.timeout(120_000)
  let network: Network
  let lanes: OneLane
  let hop: PlainUdp
  let source: PlainUdp
  /** by tag */
  let arrived: Map<string, number>
  const streams: ProviderStream[] = []
  const timers: NodeJS.Timeout[] = []

  async function start(options: Partial<NetworkOptions> = {}) {
    lanes = new OneLane()
    arrived = new Map()
    network = await Network.open({ claimKbps: CLAIM_KBPS, lanes, ...options })
    hop = await PlainUdp.open((datagram, from) => {
      const tag = datagram.toString('hex', 0, TAG_BYTES)
      if (isChallenge(datagram)) hop.send(echoOf(datagram), from.port)
      else arrived.set(tag, (arrived.get(tag) ?? 0) + 1)
    })
    source = await PlainUdp.open(() => {})
  }

  afterEach(async () => {
    for (const timer of timers.splice(0)) clearInterval(timer)
    for (const stream of streams.splice(0)) await stream.close()
    await Promise.all([network.close(), hop.close(), source.close()])
  })

  async function until(holds: () => boolean) {
    const endMs = performance.now() + PATIENCE_MS
    while (!holds()) {
      if (performance.now() > endMs) throw new Error('waited in vain')
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }

  async function ask(more: Partial<RelayRequest> = {}) {
    const stream = network.openProvider('user')
    streams.push(stream)
    const sessionId = randomBytes(32)
    const client = new RelayClient(stream, sessionId)
    const request = { sessionId, nextHopHost: HOST, nextHopPort: hop.port, ...shapeOf(CLAIM_KBPS), ...more }
    return { client, answer: await client.open(request, network.provider.answers, PATIENCE_MS) }
  }

  async function open(more: Partial<RelayRequest> = {}) {
    const { client, answer } = await ask(more)
    if (answer.kind !== 'grant') throw new Error(`refused: ${answer.refuse.reason}`)
    expect(await client.ready).to.equal(true)
    const { tag, udpPort } = answer.grant
    const datagram = Buffer.concat([tag, randomBytes(DATAGRAM_BYTES - TAG_BYTES)])
    const name = Buffer.from(tag).toString('hex')
    const sending = { sent: 0, name }
    /** At most at this rate: what this thread misses it does not catch up on. */
    const send = (kbps: number) => {
      let dueMs = performance.now()
      const step = () => {
        dueMs = Math.max(dueMs, performance.now() - SEND_MS)
        for (; dueMs <= performance.now(); dueMs += IP_DATAGRAM_BYTES / bytesIn(kbps, 1)) {
          source.send(datagram, udpPort)
          sending.sent++
        }
      }
      timers.push(setInterval(step, SEND_MS))
    }
    return { ...sending, send, sentSoFar: () => sending.sent }
  }
  const inLane = { lane: LANE, laneSignature: SIGNED }
  const of = ({ name }: { readonly name: string }) => arrived.get(name) ?? 0
  const dropped = () => Object.values(network.relay.stats.dropped).reduce((a, b) => a + b)

  it('attack: an unknown lane, a wrong signature, or half of either is refused, and costs no session', async () => {
    await start()
    const reasonOf = async (more: Partial<RelayRequest>) => {
      const { answer } = await ask(more)
      return answer.kind === 'refuse' ? answer.refuse.reason : 'granted'
    }
    expect(await reasonOf({ ...inLane, lane: randomBytes(32) })).to.equal(REFUSE.lane)
    expect(await reasonOf({ ...inLane, laneSignature: randomBytes(65) })).to.equal(REFUSE.lane)
    expect(await reasonOf({ lane: LANE })).to.equal(REFUSE.malformed)
    expect(await reasonOf({ laneSignature: SIGNED })).to.equal(REFUSE.malformed)
    expect(network.relay.stats.refused).to.include({ lane: 2, malformed: 2 })
    expect(network.relay.stats.granted).to.equal(0)
    expect(lanes.asked, 'a lane without a signature is not looked up').to.equal(2)
  })

  it('a session that was refused for an unknown lane may be asked for again', async () => {
    await start()
    const sessionId = randomBytes(32)
    const stream = network.openProvider('user')
    streams.push(stream)
    const request = { nextHopHost: HOST, nextHopPort: hop.port, ...shapeOf(CLAIM_KBPS), ...inLane, sessionId }
    const early = new RelayClient(stream, sessionId)
    const first = await early.open({ ...request, lane: randomBytes(32) }, network.provider.answers, PATIENCE_MS)
    expect(first.kind).to.equal('refuse')
    const again = network.openProvider('user')
    streams.push(again)
    const second = await new RelayClient(again, sessionId).open(request, network.provider.answers, PATIENCE_MS)
    expect(second.kind).to.equal('grant')
  })

  it('carry what was reserved while others fill the link three times', async () => {
    await start({ linkKbps: CLAIM_KBPS / 2 })
    const lane = await open(inLane)
    const others = [await open(), await open()]
    for (const one of others) one.send(shapeOf(CLAIM_KBPS).rateKbps)
    await until(() => network.relay.stats.dropped['link-full'] > 50)
    lane.send(0.6 * LANE_KBPS)
    await until(() => lane.sentSoFar() >= 150)
    const sent = lane.sentSoFar()
    await until(() => of(lane) >= sent)
    expect(network.relay.stats.dropped['over-rate']).to.equal(0)
  })

  it('attack: sessions of one lane together carry its rate, and not that of each', async () => {
    await start()
    const startMs = performance.now()
    const both = [await open(inLane), await open(inLane)]
    for (const one of both) one.send(2 * LANE_KBPS)
    await until(() => both.every(one => of(one) > 20) && network.relay.stats.dropped['over-rate'] > 100)
    const most = bytesIn(LANE_KBPS, performance.now() - startMs + POLICE_BURST_MS)
    expect((of(both[0]!) + of(both[1]!)) * IP_DATAGRAM_BYTES).to.be.at.most(most)
  })

  it('attack: whoever opens its lane again and again gets no burst each time', async () => {
    await start()
    const startMs = performance.now()
    let bytes = 0
    for (let i = 0; i < 4; i++) {
      const one = await open(inLane)
      one.send(shapeOf(CLAIM_KBPS).rateKbps)
      const before = dropped()
      await until(() => dropped() > before + 20)
      clearInterval(timers.pop())
      bytes += of(one) * IP_DATAGRAM_BYTES
    }
    expect(bytes).to.be.at.most(bytesIn(LANE_KBPS, performance.now() - startMs + POLICE_BURST_MS))
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
    await until(() => of(lane) > 200 && of(other) > 0)
    expect(network.relay.stats.dropped['over-rate'], 'nor held to its rate').to.equal(0)
    expect(of(other)).to.be.above(0.4 * of(lane))
  })
})
