/** Datagrams that a sender sends directly: control datagrams beside its main flow, and a direct probe after it. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { CONTROL_CHUNK, DIRECT_CHUNK, IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { CONTROL_SHARE, DIRECT_SPAN, LOG_INTERVAL_MS, OPEN_BYTES } from '../../constants.js'
import { Condition } from '../../deadline.js'
import { Receiver } from '../../receiver/receiver.js'
import { HOST, PATIENCE_MS } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { bytesIn } from '../../verdict/share.js'
import { anchorOf } from '../clock.js'
import { openRemote, type Remote } from '../host.js'
import type { FlowSpec, SendingOptions } from '../sending.js'

/** High enough that 2 % of the datagrams are many. */
const RATE_KBPS = 40_000
const SLOT = 2
const PROBE_MS = 2000
const MANY = 100_000
const OPTIONS = { claimKbps: RATE_KBPS, thresholdKbps: 0.75 * RATE_KBPS, rttMs: 1, yieldMs: 1000 }

const sum = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0)

describe('direct datagrams', () => {
  let receiver: Receiver
  let sending: Remote<'sending'>
  let provider: PlainUdp
  let main = 0
  const arrivals = new Condition()

  beforeEach(async () => {
    main = 0
    receiver = await Receiver.open({ host: HOST, port: 0, clock: performance })
    provider = await PlainUdp.open(() => {
      main++
      arrivals.changed()
    })
    const options: SendingOptions = { host: HOST, port: 0, clock: anchorOf(performance), offload: false }
    sending = await openRemote('sending', options, () => {})
  })

  afterEach(async () => {
    await sending.close()
    await receiver.close()
    await provider.close()
  })

  const [key, headerKey] = [randomBytes(16), randomBytes(16)]
  const tag = randomBytes(8)

  const flow = (more: Partial<FlowSpec> = {}): FlowSpec => ({
    ...{ key, headerKey },
    slot: SLOT,
    phases: [{ run: 'main', fromMs: 0, toMs: 10_000, rateKbps: RATE_KBPS }],
    durationMs: 10_000,
    budgetBytes: 1e9,
    ipv6: false,
    provider: { tag: randomBytes(8), host: HOST, port: provider.port },
    receiver: { tag, host: HOST, port: receiver.port },
    ...more,
  })

  /** As a sender does before it sends anything directly. */
  const challenge = async (): Promise<void> => {
    const path = { tag, host: HOST, port: receiver.port, nonce: randomBytes(16), openBytes: OPEN_BYTES }
    await sending.call('challenge', path)
    while (receiver.stats.echoes === 0) await new Promise(resolve => setImmediate(resolve))
  }

  async function collecting() {
    const collecting = receiver.collect(SLOT + 1, { main: MANY, control: MANY, direct: MANY, turn: 0 })
    expect(collecting.expect(SLOT, tag, headerKey, 'direct')).to.have.property('close')
    expect(collecting.expect(SLOT, tag, headerKey, 'direct'), 'no tag twice').to.equal(undefined)
    await collecting.begin(performance.now(), OPTIONS, 1)
    await challenge()
    return collecting
  }

  it('accompany the main flow at 2 %, and are told apart from it', async () => {
    const collected = await collecting()
    await sending.call('start', flow())
    expect(await arrivals.until(() => main >= 3000, PATIENCE_MS)).to.equal(true)
    const log = await sending.call('stop')
    const { main: none, control: arrived, direct } = (await collected.finish())[SLOT]!
    const sent = sum(log.control)
    const share = sent / sum(log.sent)
    expect(share).to.be.within(0.5 * CONTROL_SHARE, 2 * CONTROL_SHARE)
    expect(arrived.arrived).to.equal(sent)
    expect(arrived.chunks[0]!.index).to.equal(CONTROL_CHUNK)
    expect([none.arrived, direct.arrived]).to.deep.equal([0, 0])
    const { datagrams, highest } = await collected.verify(SLOT, 'control', key, 10_000_000)
    expect([datagrams, highest]).to.deep.equal([sent, sent - 1])
    expect((await collected.verify(SLOT, 'control', randomBytes(16), 10_000_000)).datagrams).to.equal(0)
    collected.close()
  })

  it('are none if the receiver does not echo: a direct probe then only ends the main flow', async () => {
    const collected = receiver.collect(SLOT + 1, { main: MANY, control: MANY, direct: MANY, turn: 0 })
    collected.expect(SLOT, tag, headerKey, 'direct')
    await collected.begin(performance.now(), OPTIONS, 1)
    const startMs = performance.now()
    await sending.call('start', flow())
    expect(await arrivals.until(() => main >= 1000, PATIENCE_MS)).to.equal(true)
    await sending.call('direct', RATE_KBPS, PROBE_MS)
    const endedMs = performance.now() - startMs // by the flow's own clock it is no later
    await arrivals.until(() => false, 500)
    const log = await sending.call('stop')
    expect(sum(log.sent.slice(Math.floor(endedMs / LOG_INTERVAL_MS) + 1)), 'the main flow has ended').to.equal(0)
    expect(await arrivals.until(() => main >= sum(log.sent), PATIENCE_MS)).to.equal(true)
    expect([main, sum(log.control)]).to.deep.equal([sum(log.sent), 0])
    const { control, direct } = (await collected.finish())[SLOT]!
    expect([control.arrived, direct.arrived, receiver.stats.dropped['wrong-source']]).to.deep.equal([0, 0, 0])
    collected.close()
  })

  it('replace the main flow in a direct probe, at the probe’s rate', async function () {
    this.retries(2) // a pause of this machine costs datagrams of the probe
    const collected = await collecting()
    await sending.call('start', flow())
    expect(await arrivals.until(() => main > 500, PATIENCE_MS)).to.equal(true)
    await collected.beginDirect(performance.now(), { ...OPTIONS, fixed: DIRECT_SPAN })
    const before = receiver.stats.taken
    const wanted = Math.floor(bytesIn(RATE_KBPS / 2, PROBE_MS) / IP_DATAGRAM_BYTES)
    await sending.call('direct', RATE_KBPS / 2, PROBE_MS)
    const overMs = performance.now() + PROBE_MS
    while (receiver.stats.taken < before + wanted && performance.now() < overMs) await arrivals.until(() => false, 10)
    const log = await sending.call('stop')
    expect(
      await arrivals.until(() => main === sum(log.sent), PATIENCE_MS),
      'nothing went to the provider since',
    ).to.equal(true)
    const { direct, control: beside } = (await collected.finish())[SLOT]!
    // A pause of the machine at the very end may cost the last datagrams.
    expect(direct.arrived).to.be.within(0.8 * wanted, wanted + 1)
    expect(sum(log.control), 'control datagrams alone are in the log').to.be.at.most(
      2 * CONTROL_SHARE * sum(log.sent) + 1,
    )
    // Datagrams that the sender sent before it heard of the direct probe no longer count.
    expect(beside.arrived).to.be.within(1, sum(log.control))
    expect(direct.chunks[0]!.index).to.equal(DIRECT_CHUNK)
    expect((await collected.verify(SLOT, 'direct', key, 10_000_000)).datagrams).to.equal(direct.arrived)
    collected.close()
  })
})
