/** Sessions over real UDP: what the receiver reads of a provider, honest or not. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { IP_DATAGRAM_BYTES, PAYLOAD_BYTES } from '../../../proto/datagram.js'
import { ZERO_HASH } from '../../../proto/hex.js'
import { type CounterReceipt, ProbeFrame } from '../../../proto/messages.js'
import { serveProbe } from '../../sender/sender.js'
import { cutOff } from '../../test/fixtures/behaviours.js'
import { forwardings, SAVING } from '../../test/fixtures/forwardings.js'
import { BACKENDS, type Behaviour, isCounterSigned, Network, type NetworkOptions } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import type { SessionResult } from '../../verdict/outcome.js'

const CLAIM_KBPS = 10_000

/** All that is known about the session, for a failing test. */
const story = (network: Network, { outcome }: SessionResult): string =>
  JSON.stringify({ outcome, notes: network.notes })

describe('session', () => {
  let network: Network | undefined

  async function open(options: Partial<NetworkOptions> = {}): Promise<Network> {
    network = await Network.open({ claimKbps: CLAIM_KBPS, ...options })
    return network
  }

  afterEach(async () => {
    await network?.close()
    network = undefined
  })

  it('reads the claim of a provider that keeps its claim, with all evidence', async () => {
    const { outcome, evidence } = await (await open()).measureUndisturbed()
    expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'verified')
    if (outcome.kind !== 'verified') return
    const { measurement } = outcome
    expect(measurement.rateKbps).to.be.at.least(0.95 * CLAIM_KBPS)
    expect(measurement.rateKbps).to.be.at.most(CLAIM_KBPS)
    expect(measurement.verifiedKbps).to.equal(measurement.arrivedKbps)
    expect(measurement.offeredKbps).to.be.at.least(1.05 * CLAIM_KBPS)
    expect(measurement.receivedBytes).to.be.greaterThan(100 * IP_DATAGRAM_BYTES)
    expect(measurement.goodputKbps).to.be.closeTo((measurement.rateKbps * PAYLOAD_BYTES) / IP_DATAGRAM_BYTES, 1)
    expect(evidence.unverifiableSenders).to.equal(0)
    for (const hash of [evidence.chunkRoot, evidence.keyCommitments, evidence.receiptHead]) {
      expect(hash).to.have.length(66).and.not.equal(ZERO_HASH)
    }
    expect(network!.notes).to.deep.equal([])
  })

  it('counter-signs the provider’s receipts', async () => {
    const counters: CounterReceipt[] = [] // of all tries
    const { record } = await (await open()).measureWhole(async () => {
      const result = await network!.measure()
      counters.push(...result.record.senderRecords.flatMap(({ counter }) => counter ?? []))
      return result
    })
    expect(record).to.satisfy(isCounterSigned)
    const { stats } = network!.relay
    while (stats.counterSigned < counters.length) await new Promise(resolve => setImmediate(resolve))
    expect(stats.counterSignedBytes).to.equal(counters.reduce((sum, { bytes }) => sum + bytes, 0))
  })

  for (const backend of BACKENDS) {
    it(`reads a tenth of the claim if the provider is limited to a tenth, and the claim if not, over ${backend}`, async () => {
      const limitKbps = CLAIM_KBPS / 10
      // A pause of a busy machine lowers a reading. So receivers measure twice, and the better reading counts.
      const readings: number[] = []
      for (let tries = 0; tries < 2; tries++) {
        const { outcome } = await (await open({ limitKbps, backend })).measureUndisturbed()
        expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'under')
        if (outcome.kind === 'under') readings.push(outcome.measurement.rateKbps)
        await network!.close()
      }
      expect(Math.max(...readings), readings.join()).to.be.within(0.9 * limitKbps, 1.1 * limitKbps)
      const kept = await (await open({ backend })).measureUndisturbed()
      expect(kept.outcome, story(network!, kept)).to.have.property('kind', 'verified')
      expect(network!.receiver.facts.backend).to.equal(backend)
    })
  }

  it('recognises a provider that cannot be reached', async () => {
    const { outcome } = await (await open()).measure([cutOff, cutOff])
    expect(outcome).to.deep.equal({ kind: 'no-data', reason: 'provider-unreachable' })
  })

  it('recognises a provider that refuses sessions', async () => {
    const { outcome } = await (await open({ forwarding: forwardings.refuses })).measure()
    expect(outcome).to.deep.equal({ kind: 'refused', refusals: 3 })
  })

  it('recognises a provider that grants the session and forwards nothing', async () => {
    const { outcome } = await (await open({ forwarding: forwardings.forwardsNothing })).measure()
    expect(outcome).to.deep.equal({ kind: 'dead', granted: 3 })
  })

  it('recognises a provider that changes the data', async () => {
    const { outcome } = await (await open({ forwarding: forwardings.flipsPayload })).measure()
    expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'garbage')
    if (outcome.kind === 'garbage') expect(outcome.measurement.rateKbps).to.equal(0)
  })

  it('takes no datagram whose header the provider has rewritten', async () => {
    const { outcome } = await (await open({ forwarding: forwardings.rewritesHeaders })).measure()
    expect(outcome).to.deep.equal({ kind: 'dead', granted: 3 })
    expect(network!.receiver.stats.dropped.forged).to.be.greaterThan(100)
  })

  it('is deceived by saved credit; a soak is not', async () => {
    const forwarding = forwardings.savesCredit
    const short = await (await open({ forwarding })).measureUndisturbed()
    expect(short.outcome, story(network!, short)).to.have.property('kind', 'verified')
    await network!.close()

    const soak = await (await open({ forwarding, soakMs: 6_000 })).measureUndisturbed()
    expect(soak.outcome, story(network!, soak)).to.have.property('kind', 'under')
    if (soak.outcome.kind !== 'under') return
    expect(soak.outcome.measurement.rateKbps).to.be.within(0.9 * SAVING.rateKbps, 1.1 * SAVING.rateKbps)
    expect(soak.outcome.measurement.durationMs).to.be.closeTo(3_000 - 3 * 300, 100)
  })

  it('keeps its reading while garbage floods both ports', async () => {
    await open()
    const flooder = await PlainUdp.open(() => {})
    const garbageDatagram = randomBytes(1200)
    let flooding = true
    const flood = (): void => {
      for (let i = 0; i < 8; i++) {
        flooder.send(garbageDatagram, network!.relay.port)
        flooder.send(garbageDatagram, network!.receiver.port)
      }
      if (flooding) setTimeout(flood, 1)
    }
    flood()
    try {
      const { outcome } = await network!.measureUndisturbed()
      expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'verified')
      if (outcome.kind === 'verified') expect(outcome.measurement.rateKbps).to.be.at.least(0.95 * CLAIM_KBPS)
      expect(network!.relay.stats.dropped['unknown-tag']).to.be.greaterThan(200)
      expect(network!.receiver.stats.dropped['unknown-tag']).to.be.greaterThan(200)
    } finally {
      flooding = false
      await flooder.close()
    }
  })

  it('ends when its receiver is closed while the data flows', async () => {
    const { receiver } = await open()
    const closing: Behaviour = (stream, deps) =>
      serveProbe(
        {
          ...stream,
          receive: async () => {
            const message = await stream.receive()
            if (message && ProbeFrame.decode(message).start) await receiver.close()
            return message
          },
        },
        deps,
      )
    const error = await network!.measure([closing]).catch(error => error)
    expect(error).to.be.an('error').with.property('message', 'the receiver was closed in the middle of a session')
  })

  it('ends with an outcome when the relay goes away in the middle, and works again once it is back', async function () {
    this.retries(1) // somebody else may take the port meanwhile
    await open()
    const { port } = network!.relay
    let forwarded = 0
    const closing: Behaviour = (stream, deps) => {
      const watch = setInterval(() => {
        forwarded = network!.relay.stats.forwarded
        if (forwarded > 300) {
          clearInterval(watch)
          void network!.relay.close()
        }
      }, 5)
      return serveProbe(stream, deps).finally(() => clearInterval(watch))
    }
    const { outcome } = await network!.measureAgain(
      ({ kind }) => kind !== 'under',
      async () => {
        if (forwarded > 300) await network!.openRelay(port)
        forwarded = 0
        return network!.measure([closing])
      },
    )
    expect(forwarded).to.be.greaterThan(300)
    expect(outcome.kind).to.equal('under')
    await network!.openRelay(port)
    expect((await network!.measureUndisturbed()).outcome).to.have.property('kind', 'verified')
  })
})
