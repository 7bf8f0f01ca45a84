import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { toHex, ZERO_HASH } from '../../../proto/hex.js'
import { ProbeFrame } from '../../../proto/messages.js'
import { START_LEAD_MS } from '../../constants.js'
import { REFUSE } from '../../plane/forwarding.js'
import type { MessageStream } from '../../ports.js'
import { type Authorization, serveProbe } from '../../sender/sender.js'
import { forwardings, SAVING } from '../../test/fixtures/forwardings.js'
import {
  BACKENDS,
  type Behaviour,
  clock,
  HOST,
  honest,
  Network,
  type NetworkOptions,
  newPeer,
} from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import type { SessionResult } from '../../verdict/outcome.js'
import { streamPair } from '../../wire/local-streams.js'

const CLAIM_KBPS = 10_000

/** The sender's stream, with each of its frames changed on the way out. */
const changing =
  (change: (frame: ProbeFrame) => ProbeFrame): Behaviour =>
  (stream, deps) => {
    const changed: MessageStream = {
      receive: () => stream.receive(),
      close: () => stream.close(),
      send: message => stream.send(ProbeFrame.encode(change(ProbeFrame.decode(message)))),
    }
    return serveProbe(changed, deps)
  }

const silent: Behaviour = async () => {}
const declining: Behaviour = (stream, deps) =>
  serveProbe(stream, { ...deps, authorize: async () => ({ ok: false, reason: 'not due' }) })
const wrongKey = changing(frame => (frame.reveal ? { reveal: { ...frame.reveal, key: randomBytes(16) } } : frame))
const keyless: Behaviour = (stream, deps) =>
  serveProbe(
    { ...stream, send: message => (ProbeFrame.decode(message).reveal ? stream.close() : stream.send(message)) },
    deps,
  )
/** Commits to one key and encrypts with another: the data is garbage, the reveal is in order. */
const garbage: Behaviour = (stream, deps) => {
  let key: Uint8Array | undefined
  const bytes = (length: number): Uint8Array => {
    key = deps.random.bytes(length)
    return key
  }
  const signer = {
    sign: async (digest: Uint8Array) => deps.signer.sign(digest),
  }
  // The key changes once it is committed to, and back before it is revealed.
  const stirred: MessageStream = {
    ...stream,
    send: async message => {
      const frame = ProbeFrame.decode(message)
      if (frame.ready) for (const [i, byte] of key!.entries()) key![i] = byte ^ 0xff
      return stream.send(message)
    },
    receive: async () => {
      const message = await stream.receive()
      if (message && ProbeFrame.decode(message).stop) for (const [i, byte] of key!.entries()) key![i] = byte ^ 0xff
      return message
    },
  }
  return serveProbe(stirred, { ...deps, signer, random: { bytes } })
}
/** Sends at half of its share, and says so. */
const slow: Behaviour = (stream, deps) => {
  const halved: MessageStream = {
    ...stream,
    receive: async () => {
      const message = await stream.receive()
      const frame = message && ProbeFrame.decode(message)
      if (!frame?.invite) return message
      return ProbeFrame.encode({ invite: { ...frame.invite, rateKbps: Math.round(frame.invite.rateKbps / 2) } })
    },
  }
  return serveProbe(halved, deps)
}
const cutOff: Behaviour = (stream, deps) =>
  serveProbe(stream, {
    ...deps,
    openProvider: async () => {
      throw new Error('connection refused')
    },
  })

/** For a failing test: all that is known of the session. */
const story = (network: Network, { outcome }: SessionResult): string =>
  JSON.stringify({ outcome, notes: network.notes })

describe('session', function () {
  this.timeout(15_000)
  let network: Network | undefined

  async function open(options: Partial<NetworkOptions> = {}): Promise<Network> {
    network = await Network.open({ claimKbps: CLAIM_KBPS, ...options })
    return network
  }

  afterEach(async () => {
    await network?.close()
    network = undefined
  })

  it('reads the claim of a provider that keeps it, with all evidence', async () => {
    const { outcome, evidence } = await (await open()).measure()
    expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'verified')
    if (outcome.kind !== 'verified') return
    const { measurement } = outcome
    expect(measurement.rateKbps).to.be.at.least(0.95 * CLAIM_KBPS)
    expect(measurement.rateKbps).to.be.at.most(CLAIM_KBPS)
    expect(measurement.verifiedKbps).to.equal(measurement.arrivedKbps)
    expect(measurement.offeredKbps).to.be.at.least(1.05 * CLAIM_KBPS)
    expect(measurement.receivedBytes).to.be.greaterThan(100 * IP_DATAGRAM_BYTES)
    expect(measurement.goodputKbps).to.be.closeTo((measurement.rateKbps * 1184) / 1228, 1)
    expect(evidence.unverifiableSenders).to.equal(0)
    for (const hash of [evidence.chunkRoot, evidence.keyCommitments, evidence.receiptHead]) {
      expect(hash).to.have.length(66).and.not.equal(ZERO_HASH)
    }
    expect(network!.notes).to.deep.equal([])
  })

  it('leaves the provider with its receipts counter-signed', async () => {
    const { record } = await (await open()).measure()
    const { stats } = network!.relay
    while (stats.counterSigned < record.senderRecords.length) await new Promise(resolve => setImmediate(resolve))
    const hashed = record.senderRecords.reduce((sum, { counter }) => sum + counter!.bytes, 0)
    expect(stats.counterSignedBytes).to.equal(hashed)
  })

  for (const backend of BACKENDS) {
    it(`reads a tenth of a provider that is limited to a tenth, and the claim of another, over ${backend}`, async () => {
      const limitKbps = CLAIM_KBPS / 10
      const { outcome } = await (await open({ limitKbps, backend })).measure()
      expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'under')
      if (outcome.kind === 'under') expect(outcome.measurement.rateKbps).to.be.within(0.9 * limitKbps, 1.1 * limitKbps)
      await network!.close()
      const kept = await (await open({ backend })).measure()
      expect(kept.outcome, story(network!, kept)).to.have.property('kind', 'verified')
      expect(network!.receiver.facts.backend).to.equal(backend)
    })
  }

  for (const [name, behaviour] of Object.entries({ silent, declining, slow, keyless, wrongKey, garbage, cutOff })) {
    it(`spares an honest provider, and catches a slow one, in spite of one ${name} sender`, async () => {
      const fine = await (await open()).measure([honest, behaviour])
      expect(fine.outcome, story(network!, fine)).to.have.property('kind', 'verified')
      if (fine.outcome.kind === 'verified') {
        expect(fine.outcome.measurement.rateKbps, story(network!, fine)).to.be.at.least(0.95 * CLAIM_KBPS)
      }
      const unverifiable = [keyless, wrongKey, garbage].includes(behaviour) ? 0b010 : 0
      expect(fine.evidence.unverifiableSenders).to.equal(unverifiable)
      await network!.close()

      const limited = await (await open({ limitKbps: CLAIM_KBPS / 4 })).measure([honest, behaviour])
      expect(limited.outcome, story(network!, limited)).to.have.property('kind', 'under')
      if (limited.outcome.kind === 'under') {
        const { rateKbps } = limited.outcome.measurement
        expect(rateKbps, story(network!, limited)).to.be.at.most(1.1 * (CLAIM_KBPS / 4))
        // What cannot be verified may have taken more than its share of the bucket's tokens; it counts as a third.
        if (!unverifiable) expect(rateKbps, story(network!, limited)).to.be.at.least(0.9 * (CLAIM_KBPS / 4))
      }
    })
  }

  it('says nothing of the provider when two of three senders are missing', async () => {
    const { outcome, evidence } = await (await open()).measure([silent, declining])
    expect(outcome).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
    expect(evidence.chunkRoot).to.equal(ZERO_HASH)
    expect(network!.notes.join('\n')).to.contain('sender 1: declined: not due')
  })

  it('knows a provider that cannot be reached', async () => {
    const { outcome } = await (await open()).measure([cutOff, cutOff])
    expect(outcome).to.deep.equal({ kind: 'no-data', reason: 'provider-unreachable' })
  })

  it('knows a provider that takes no session', async () => {
    const { outcome } = await (await open({ forwarding: forwardings.refuses })).measure()
    expect(outcome).to.deep.equal({ kind: 'refused', refusals: 3 })
  })

  it('knows a provider that takes the session and forwards nothing', async () => {
    const { outcome } = await (await open({ forwarding: forwardings.forwardsNothing })).measure()
    expect(outcome).to.deep.equal({ kind: 'dead', granted: 3 })
  })

  it('knows a provider that changes what it forwards', async () => {
    const { outcome } = await (await open({ forwarding: forwardings.flipsPayload })).measure()
    expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'garbage')
    if (outcome.kind === 'garbage') expect(outcome.measurement.rateKbps).to.equal(0)
  })

  it('gives a provider no way out by rewriting send times', async () => {
    const { outcome } = await (await open({ forwarding: forwardings.rewritesTimes })).measure()
    expect(outcome).to.have.property('kind', 'garbage')
  })

  it('is deceived by saved credit, and a soak is not', async () => {
    const forwarding = forwardings.savesCredit
    const short = await (await open({ forwarding })).measure()
    expect(short.outcome, story(network!, short)).to.have.property('kind', 'verified')
    await network!.close()

    const soak = await (await open({ forwarding, soakMs: 6_000 })).measure()
    expect(soak.outcome, story(network!, soak)).to.have.property('kind', 'under')
    if (soak.outcome.kind !== 'under') return
    expect(soak.outcome.measurement.rateKbps).to.be.within(0.9 * SAVING.rateKbps, 1.1 * SAVING.rateKbps)
    expect(soak.outcome.measurement.durationMs).to.be.closeTo(3_000 - 3 * 300, 100)
  })

  it('is served as a soak only where a soak is due', async () => {
    await open({ soakMs: 5_000 })
    const notDue: Behaviour = (stream, deps) =>
      serveProbe(stream, {
        ...deps,
        authorize: async invite => ({ ...(await deps.authorize(invite)), soakMs: undefined }) as Authorization,
      })
    expect((await network!.measure([notDue, notDue])).outcome).to.deep.equal({
      kind: 'no-data',
      reason: 'senders-missing',
    })
    expect(network!.notes.join()).to.contain('the session is too long')
  })

  it('starts no data before the instant that it is given, and reads a fixed span', async () => {
    await open({ startsInMs: START_LEAD_MS })
    const startedMs: number[] = []
    const noting: Behaviour = (stream, deps) =>
      serveProbe(
        {
          ...stream,
          receive: async () => {
            const message = await stream.receive()
            if (message && ProbeFrame.decode(message).start) startedMs.push(clock.now())
            return message
          },
        },
        deps,
      )
    const calledMs = clock.now()
    const { outcome } = await network!.measure([noting, noting, noting])
    expect(startedMs).to.have.length(3)
    expect(Math.min(...startedMs)).to.be.at.least(calledMs + START_LEAD_MS)
    expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'verified')
    // Ten windows of 96 ms fit into a second.
    if (outcome.kind === 'verified') expect(outcome.measurement).to.include({ windows: 10, durationMs: 960 })
  })

  it('asks for no data once the instant is past, and blames nobody', async () => {
    await open({ startsInMs: -1_000 })
    const { outcome } = await network!.measure()
    expect(outcome).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
    expect(network!.notes.join('\n')).to.contain('too late to start')
    expect(network!.relay.stats.forwarded).to.equal(0)
  })

  it('reads with another that starts at the same instant what the provider carries for both', async () => {
    const limitKbps = 1.2 * CLAIM_KBPS
    await open({ startsInMs: START_LEAD_MS, limitKbps })
    // However unevenly: what one of them gets above its share, the other lacks.
    const both = await Promise.all([network!.measure(), network!.measure()])
    const outcomes = both.map(({ outcome }) => outcome)
    const rates = outcomes.map(outcome => ('measurement' in outcome ? outcome.measurement.rateKbps : 0))
    const told = JSON.stringify([outcomes, network!.notes])
    expect(rates[0]! + rates[1]!, told).to.be.within(0.9 * limitKbps, 1.1 * limitKbps)
  })

  it('takes no grant and no refusal that the provider did not sign', async () => {
    const impostor = newPeer()
    const forged = changing(frame => {
      if (!frame.relay?.grant) return frame
      const { sessionId, signature } = frame.relay.grant
      return { relay: { refuse: { sessionId, reason: REFUSE.notServing, signature } } }
    })
    const { outcome } = await (await open()).measure([forged, forged])
    expect(outcome).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
    await network!.close()
    await open()
    network!.provider.signer.sign = impostor.signer.sign
    expect((await network!.measure()).outcome).to.deep.equal({ kind: 'no-data', reason: 'provider-unreachable' })
  })

  it('takes no data of a sender that had more granted than it was asked for', async () => {
    const greedy: Behaviour = (stream, deps) => {
      const doubled: MessageStream = {
        ...stream,
        receive: async () => {
          const message = await stream.receive()
          const frame = message && ProbeFrame.decode(message)
          if (!frame?.invite) return message
          return ProbeFrame.encode({ invite: { ...frame.invite, budgetBytes: 2 * frame.invite.budgetBytes } })
        },
      }
      const authorize = async () => ({ ...(await deps.authorize({} as never)), claimKbps: 2 * CLAIM_KBPS })
      return serveProbe(doubled, { ...deps, authorize: authorize as typeof deps.authorize })
    }
    const { outcome } = await (await open()).measure([greedy])
    expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'verified')
    expect(network!.notes).to.contain('sender 0: asked the provider for too much')
  })

  it('is served once only: a replayed invitation is declined', async () => {
    const sessionId = toHex(randomBytes(32))
    await open()
    expect((await network!.measure([], sessionId)).outcome).to.have.property('kind', 'verified')
    expect((await network!.measure([], sessionId)).outcome).to.deep.equal({
      kind: 'no-data',
      reason: 'senders-missing',
    })
    expect(network!.notes).to.contain('sender 0: declined: the session was served before')
  })

  it('survives a sender that speaks nonsense at any point', async () => {
    await open()
    const babble =
      (after: keyof ProbeFrame): Behaviour =>
      (stream, deps) =>
        serveProbe(
          {
            ...stream,
            send: async message => {
              await stream.send(message)
              if (ProbeFrame.decode(message)[after]) await stream.send(randomBytes(40))
            },
          },
          deps,
        )
    for (const after of ['accept', 'ready'] as const) {
      expect((await network!.measure([babble(after)])).outcome).to.have.property('kind', 'verified')
    }
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
      const { outcome } = await network!.measure()
      expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'verified')
      if (outcome.kind === 'verified') expect(outcome.measurement.rateKbps).to.be.at.least(0.95 * CLAIM_KBPS)
      expect(network!.relay.stats.dropped['unknown-tag']).to.be.greaterThan(200)
      expect(network!.receiver.stats.dropped['unknown-tag']).to.be.greaterThan(200)
    } finally {
      flooding = false
      await flooder.close()
    }
  })

  it('ends with an outcome when the relay goes away in the middle, and works again once it is back', async () => {
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
      return serveProbe(stream, deps)
    }
    const { outcome } = await network!.measure([closing])
    expect(forwarded).to.be.greaterThan(300)
    expect(outcome.kind).to.equal('under')
    await network!.openRelay(port)
    expect((await network!.measure()).outcome).to.have.property('kind', 'verified')
  })

  it('needs at least two senders', async () => {
    await open()
    network!.senders.splice(1)
    expect((await network!.measure()).outcome).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
  })

  it('has a stream that ends at both ends', async () => {
    const [one, other] = streamPair(HOST)
    await one.send(Uint8Array.of(1))
    await one.close()
    expect(await other.receive()).to.deep.equal(Uint8Array.of(1))
    expect(await other.receive()).to.equal(undefined)
  })
})
