/** Sessions over real UDP in which some senders do not do their part. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { ProbeFrame } from '../../../proto/messages.js'
import { REFUSE } from '../../plane/forwarding.js'
import { serveProbe } from '../../sender/sender.js'
import {
  changing,
  cutOff,
  declining,
  garbage,
  keyless,
  silent,
  slow,
  wrongKey,
} from '../../test/fixtures/behaviours.js'
import { failed, keysOf } from '../../test/fixtures/records.js'
import { type Behaviour, honest, Network, type NetworkOptions, newPeer } from '../../test/harness.js'
import { verifyTranscript } from '../../transcript/verify.js'
import type { SessionResult } from '../../verdict/outcome.js'

const CLAIM_KBPS = 10_000

/** All that is known about the session, for a failing test. */
const story = (network: Network, { outcome }: SessionResult): string =>
  JSON.stringify({ outcome, notes: network.notes })

describe('session with faulty senders', () => {
  let network: Network | undefined

  async function open(options: Partial<NetworkOptions> = {}): Promise<Network> {
    network = await Network.open({ claimKbps: CLAIM_KBPS, ...options })
    return network
  }

  afterEach(async () => {
    await network?.close()
    network = undefined
  })

  for (const [name, behaviour] of Object.entries({ silent, declining, slow, keyless, wrongKey, garbage, cutOff })) {
    it(`verifies an honest provider and votes a slow one under, with one ${name} sender`, async () => {
      const fine = await (await open()).measureUndisturbed([honest, behaviour])
      expect(fine.outcome, story(network!, fine)).to.have.property('kind', 'verified')
      if (fine.outcome.kind === 'verified') {
        expect(fine.outcome.measurement.rateKbps, story(network!, fine)).to.be.at.least(0.95 * CLAIM_KBPS)
      }
      const unverifiable = [keyless, wrongKey, garbage].includes(behaviour)
      const isMissing = [silent, declining, cutOff].includes(behaviour)
      expect(fine.evidence.unverifiableSenders).to.equal(unverifiable || isMissing ? 0b010 : 0)
      await network!.close()

      const limited = await (await open({ limitKbps: CLAIM_KBPS / 4 })).measureUndisturbed([honest, behaviour])
      expect(limited.outcome, story(network!, limited)).to.have.property('kind', 'under')
      if (limited.outcome.kind === 'under') {
        const { rateKbps } = limited.outcome.measurement
        expect(rateKbps, story(network!, limited)).to.be.at.most(1.1 * (CLAIM_KBPS / 4))
        // Unverifiable data may have taken more than its share of the bucket's tokens; it counts as a third.
        if (!unverifiable) expect(rateKbps, story(network!, limited)).to.be.at.least(0.9 * (CLAIM_KBPS / 4))
      }
    })
  }

  it('says nothing about the provider if two of three senders are missing', async () => {
    const { outcome, evidence } = await (await open()).measure([silent, declining])
    expect(outcome).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
    expect(evidence.chunkRoot).to.equal(ZERO_HASH)
    expect(network!.notes.join('\n')).to.contain('sender 1: declined: not due')
  })

  it('is a soak or not, and its senders hear nothing of it before they are told to stop', async () => {
    const heard = async (options: Partial<NetworkOptions>) => {
      const frames: object[] = []
      const listening: Behaviour = (stream, deps) => {
        const receive = async () => {
          const message = await stream.receive()
          const frame = message && ProbeFrame.decode(message)
          if (frame) frames.push(frame.invite ?? frame)
          return message
        }
        const authorize: typeof deps.authorize = async invite => {
          const terms = await deps.authorize(invite)
          return terms.ok ? { ...terms, soakMs: SOAK_MS } : terms
        }
        return serveProbe({ ...stream, receive }, { ...deps, authorize })
      }
      const { outcome } = await (await open(options)).measureUndisturbed([], () => {
        frames.length = 0
        return network!.measure([listening, listening, listening])
      })
      expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'verified')
      await network!.close()
      return frames.map(frame => Object.keys(frame).join())
    }
    /** Of a session that read the claim at once. On a busy machine one may read less, and then asks for direct data. */
    const heardAtOnce = async (options: Partial<NetworkOptions>) => {
      for (;;) {
        const names = await heard(options)
        if (!names.includes('direct')) return names
      }
    }
    const SOAK_MS = 3000
    expect(await heardAtOnce({ soakMs: SOAK_MS })).to.deep.equal(await heardAtOnce({}))
  })

  it('accepts no grant and no refusal that the provider did not sign', async () => {
    const impostor = newPeer()
    const forged = changing(frame => {
      if (!frame.relay?.grant) return frame
      const { sessionId, signature, opener } = frame.relay.grant
      return { relay: { refuse: { sessionId, reason: REFUSE.notServing, signature, opener } } }
    })
    const { outcome } = await (await open()).measure([forged, forged])
    expect(outcome).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
    await network!.close()
    await open()
    network!.provider.answerSigner.sign = impostor.answerSigner.sign
    expect((await network!.measure()).outcome).to.deep.equal({ kind: 'no-data', reason: 'provider-unreachable' })
  })

  it('accepts no data from a sender that asked the provider for more or for less than all ask', async () => {
    const asking =
      (providerClaimKbps: number): Behaviour =>
      (stream, deps) => {
        const authorize = async () => ({ ...(await deps.authorize({} as never)), providerClaimKbps })
        return serveProbe(stream, { ...deps, authorize: authorize as typeof deps.authorize })
      }
    for (const claimKbps of [1.01 * CLAIM_KBPS, CLAIM_KBPS / 2]) {
      const { outcome } = await (await open()).measureUndisturbed([asking(claimKbps)])
      expect(outcome, JSON.stringify([outcome, network!.notes])).to.have.property('kind', 'verified')
      expect(network!.notes).to.contain('sender 0: asked the provider for something else')
      await network!.close()
    }
  })

  it('is served once: senders decline a replayed invitation', async () => {
    let sessionId: Hex
    await open()
    const { outcome } = await network!.measureUndisturbed([], () => {
      sessionId = toHex(randomBytes(32))
      return network!.measure([], sessionId)
    })
    expect(outcome).to.have.property('kind', 'verified')
    expect((await network!.measure([], sessionId!)).outcome).to.deep.equal({
      kind: 'no-data',
      reason: 'senders-missing',
    })
    expect(network!.notes).to.contain('sender 0: declined: the session was served before')
  })

  it('survives a sender that sends nonsense at any point', async () => {
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
      expect((await network!.measureUndisturbed([babble(after)])).outcome).to.have.property('kind', 'verified')
    }
  })

  it('needs at least two senders', async () => {
    await open()
    network!.senders.splice(1)
    expect((await network!.measure()).outcome).to.deep.equal({ kind: 'no-data', reason: 'senders-missing' })
  })

  it('records no key of a sender without a grant, even if the sender reveals one', async () => {
    await open()
    const hasRevealed = Promise.withResolvers<void>()
    let opened: Uint8Array | undefined
    // The third sender tells its accomplice when the keys are due.
    const keysDue = Promise.withResolvers<void>()
    const telling: Behaviour = (stream, deps) =>
      serveProbe(
        {
          ...stream,
          receive: async () => {
            const message = await stream.receive()
            if (message && ProbeFrame.decode(message).stop) {
              keysDue.resolve()
              await hasRevealed.promise
            }
            return message
          },
        },
        deps,
      )
    const revealing: Behaviour = async stream => {
      await stream.receive()
      const send = (frame: ProbeFrame) => stream.send(ProbeFrame.encode(frame))
      await send({ accept: { commitment: randomBytes(32) } })
      await send({ relay: { unreachable: 'gone' } })
      await keysDue.promise
      const log = { intervalMs: 50, sent: [1_000_000], blocked: [0], errors: [0], control: [0] }
      await send({ reveal: { key: randomBytes(16), log, receipts: [], signature: randomBytes(64) } })
      hasRevealed.resolve()
      opened = await stream.receive()
    }
    const result = await network!.measure([honest, telling, revealing])
    expect(result.outcome, story(network!, result)).to.have.property('kind', 'verified')
    expect(result.record.senderRecords[2]!.reveal).to.equal(undefined)
    expect(failed((await verifyTranscript(result.record, keysOf(network!))).checks)).to.deep.equal([])
    expect(network!.notes).to.contain('sender 2: provider unreachable: gone')
    expect(opened, 'it is owed no openings').to.equal(undefined)
  })
})
