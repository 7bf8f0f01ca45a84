/** A relay with segmentation offload: each datagram of a train is judged alone, and a real receiver gets every byte. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES, MAX_SEQUENCE, TAG_BYTES } from '../../../proto/datagram.js'
import { Condition } from '../../deadline.js'
import { loadNative } from '../../io/native.js'
import { TrainSender } from '../../io/test/fixtures/trains.js'
import { Receiver } from '../../receiver/receiver.js'
import { systemClock } from '../../system.js'
import { HOST, PATIENCE_MS } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { HEADER_KEY_BYTES } from '../../wire/header-seal.js'
import { echoOf, isChallenge } from '../../wire/path-validation.js'
import { anchorOf } from '../clock.js'
import { forwardAll } from '../forwarding.js'
import { relayCounterMemory, relayTraffic } from '../relay-stats.js'
import type { SessionSpec } from '../relayed-session.js'
import { Relaying } from '../relaying.js'
import { Sending } from '../sending.js'
import { countedUntil, droppedIn } from './fixtures/counted.js'

const TRAIN = 52
const CLAIM_KBPS = 10_000_000

const native = await loadNative()

describe('a relay with segmentation offload', () => {
  const open: { close(): unknown }[] = []

  before(function () {
    if (!native) this.skip()
  })

  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close()
  })

  async function relayOf(offload = true) {
    const counters = relayCounterMemory()
    const changed = new Condition()
    const validated = new Set<number>()
    const port = { host: HOST, port: 0, backend: 'mmsg', clock: anchorOf(systemClock), offload } as const
    const spec = { ...port, counters, claimKbps: CLAIM_KBPS, forwarding: forwardAll }
    const relaying = await Relaying.open(spec, event => {
      if (event.kind === 'path' && event.validated) validated.add(event.session)
      changed.changed()
    })
    open.push(relaying)
    const stats = relayTraffic(counters)
    let sessions = 0
    return {
      ...{ relaying, stats },
      port: relaying.facts.port,
      /** Resolves to the session's tag once its path is validated. */
      session: async (nextHopPort: number, more: Partial<SessionSpec> = {}): Promise<Buffer> => {
        const id = ++sessions
        const tag = Buffer.from(more.tag ?? randomBytes(TAG_BYTES))
        const limits = { openBytes: 1000, rateKbps: CLAIM_KBPS, budgetBytes: 2e9 }
        const hop = { nextHopHost: HOST, nextHopPort, opener: 'a', nonce: randomBytes(16) }
        relaying.openSession({ id, reserved: true, ...limits, ...hop, ...more, tag })
        expect(await changed.until(() => validated.has(id), PATIENCE_MS)).to.equal(true)
        return tag
      },
      counted: (datagrams: number) => countedUntil(() => stats.forwarded + droppedIn(stats) >= datagrams),
    }
  }

  /** A next hop that echoes challenges and keeps the rest. */
  async function hopOf() {
    const got: Buffer[] = []
    const hop = await PlainUdp.open((datagram, { port }) => {
      if (isChallenge(datagram)) hop.send(echoOf(datagram), port)
      else got.push(datagram)
    })
    open.push(hop)
    return { port: hop.port, got }
  }

  function trains(): TrainSender {
    const sender = new TrainSender(native!)
    open.push(sender)
    return sender
  }

  const trainOf = (tags: readonly Buffer[], length = DATAGRAM_BYTES): Buffer =>
    Buffer.concat(tags.flatMap(tag => [tag, randomBytes(length - TAG_BYTES)]))

  it('sends each datagram of a train to the next hop of its own session, and drops a stranger’s alone', async () => {
    const [one, other, relay] = [await hopOf(), await hopOf(), await relayOf()]
    const tags = [await relay.session(one.port), await relay.session(other.port), randomBytes(TAG_BYTES)]
    const train = trainOf(Array.from({ length: TRAIN }, (_, i) => tags[i === 30 ? 2 : i % 2]!))
    trains().send(train, DATAGRAM_BYTES, relay.port)
    expect(await relay.counted(TRAIN)).to.equal(true)
    expect(await countedUntil(() => one.got.length + other.got.length === TRAIN - 1)).to.equal(true)
    const sent = Array.from({ length: TRAIN }, (_, i) => train.subarray(i * DATAGRAM_BYTES, (i + 1) * DATAGRAM_BYTES))
    expect(one.got).to.deep.equal(sent.filter((_, i) => i % 2 === 0 && i !== 30))
    expect(other.got).to.deep.equal(sent.filter((_, i) => i % 2 === 1))
    expect(relay.stats.dropped['unknown-tag']).to.equal(1)
    expect(droppedIn(relay.stats)).to.equal(1)
  })

  it('drops the last datagram of a train alone if it is too short for a tag', async () => {
    const [hop, relay] = [await hopOf(), await relayOf()]
    const tag = await relay.session(hop.port)
    trains().send(Buffer.concat([trainOf(Array(9).fill(tag), 400), tag]), 400, relay.port)
    expect(await relay.counted(10)).to.equal(true)
    expect(await countedUntil(() => hop.got.length === 9)).to.equal(true)
    expect(relay.stats.dropped.malformed).to.equal(1)
  })

  for (const [what, limits] of [
    ['a budget', { budgetBytes: 20 * IP_DATAGRAM_BYTES + 5 }],
    ['a small rate', { rateKbps: 100 }],
    ['a large rate', { rateKbps: 1000 }],
  ] as const) {
    it(`holds a train to ${what} exactly as datagrams one by one`, async () => {
      const passed = []
      for (const offload of [false, true]) {
        const [hop, relay] = [await hopOf(), await relayOf(offload)]
        const tag = await relay.session(hop.port, limits)
        trains().send(trainOf(Array(TRAIN).fill(tag)), DATAGRAM_BYTES, relay.port)
        expect(await relay.counted(TRAIN)).to.equal(true)
        const { forwarded, dropped } = relay.stats
        passed.push({ forwarded, overBudget: dropped['over-budget'], overRate: dropped['over-rate'] })
      }
      expect(passed[1]).to.deep.equal(passed[0])
      expect(passed[1]!.forwarded).to.be.within(1, TRAIN - 1)
    })
  }

  it('takes a stream of trains that keeps its rate for no burst', async () => {
    const [hop, relay] = [await hopOf(), await relayOf()]
    const rateKbps = 200_000
    const tag = await relay.session(hop.port, { rateKbps })
    const sender = trains()
    const train = trainOf(Array(TRAIN).fill(tag))
    const everyMs = (TRAIN * IP_DATAGRAM_BYTES * 8) / rateKbps
    const startMs = performance.now()
    let sent = 0
    for (let i = 0; i < 100; i++) {
      while (performance.now() < startMs + i * everyMs) await new Promise(resolve => setImmediate(resolve))
      sender.send(train, DATAGRAM_BYTES, relay.port)
      sent += TRAIN
    }
    expect(await relay.counted(sent)).to.equal(true)
    expect(droppedIn(relay.stats)).to.equal(0)
  })

  it('carries a flow to a real receiver, which verifies every byte', async () => {
    const receiver = await Receiver.open({ host: HOST, port: 0, clock: systemClock })
    open.push(receiver)
    const relay = await relayOf()
    const [tag, key] = [randomBytes(TAG_BYTES), randomBytes(16)]
    const headerKey = randomBytes(HEADER_KEY_BYTES)
    const collecting = receiver.collect(1, { main: MAX_SEQUENCE, control: 0, direct: 0, turn: 0 })
    collecting.expect(0, tag, headerKey, 'provider')
    const rateKbps = 100_000
    await collecting.begin(systemClock.now(), { claimKbps: rateKbps, thresholdKbps: 0, rttMs: 1, yieldMs: 0 }, 1)
    await relay.session(receiver.port, { tag })
    const sending = await Sending.open({ host: HOST, port: 0, clock: anchorOf(systemClock), offload: true })
    open.push(sending)
    const durationMs = 10_000
    const phases = [{ run: 'main' as const, fromMs: 0, toMs: durationMs, rateKbps }]
    const to = { tag, host: HOST, port: relay.port }
    const nobody = { tag: randomBytes(TAG_BYTES), host: HOST, port: receiver.port }
    const flow = { key, headerKey, slot: 0, phases, durationMs, budgetBytes: 1e9, ipv6: false }
    sending.start({ ...flow, provider: to, receiver: nobody })
    expect(await countedUntil(() => relay.stats.forwarded > 1000)).to.equal(true)
    const sent = sending.stop().sent.reduce((sum, n) => sum + n, 0)
    expect(sent).to.be.above(1000)
    expect(await relay.counted(sent)).to.equal(true)
    expect(relay.stats.forwarded).to.equal(sent)
    const arrived = async () => (await collecting.finish())[0]!.main.arrived
    expect(await countedUntil(() => receiver.stats.taken >= sent)).to.equal(true)
    expect(await arrived()).to.equal(sent)
    expect((await collecting.verify(0, 'main', key, 2 ** 32)).datagrams).to.equal(sent)
    collecting.close()
  })
})
