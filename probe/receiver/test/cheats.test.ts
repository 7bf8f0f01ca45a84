/** What a provider gains by playing with the data of its senders, alone or with one accomplice: over real UDP. */
import { expect } from 'chai'
import { everybodyReserved, Relay } from '../../relay/relay.js'
import { serveProbe } from '../../sender/sender.js'
import { systemClock, systemRandom } from '../../system.js'
import { keyless } from '../../test/fixtures/behaviours.js'
import { cheating, VICTIM } from '../../test/fixtures/cheating.js'
import { failed, keysOf, written } from '../../test/fixtures/records.js'
import { type Behaviour, honest, Network, type NetworkOptions, story } from '../../test/harness.js'
import { verifyTranscript } from '../../transcript/verify.js'
import type { SessionResult } from '../../verdict/outcome.js'
import { connect, streamPair } from '../../wire/local-streams.js'

const CLAIM_KBPS = 10_000
/** A provider is to gain at most this part of its rate. */
const GAIN = 1.05
const BOX_HOST = '127.0.0.9'

describe('a provider that cheats', () => {
  let network: Network
  const boxes: Relay[] = []

  async function measured(options: Partial<NetworkOptions>, behaviours: Behaviour[] = []): Promise<SessionResult> {
    network = await Network.open({ claimKbps: CLAIM_KBPS, ...options })
    const result = await network.measureUndisturbed(behaviours)
    const again = await verifyTranscript(written(result.record), keysOf(network))
    expect(failed(again.checks), story(network, result)).to.deep.equal([])
    expect(again.outcome).to.deep.equal(result.outcome)
    return result
  }

  afterEach(async () => {
    for (const box of boxes.splice(0)) await box.close()
    await network.close()
  })

  const isUnder = (result: SessionResult, mostKbps: number): void => {
    expect(result.outcome, story(network, result)).to.have.property('kind', 'under')
    if (result.outcome.kind === 'under') expect(result.outcome.measurement.rateKbps).to.be.at.most(GAIN * mostKbps)
  }

  it('by rewriting sequence numbers is read as low as it is', async () => {
    const limitKbps = 0.6 * CLAIM_KBPS
    const result = await measured({ forwarding: cheating('rewritesSequences', limitKbps) })
    isUnder(result, limitKbps)
    expect(network.receiver.stats.dropped.forged).to.be.at.least(5)
  })

  for (const name of ['makesUpOne', 'replaysOnesHeaders'] as const) {
    it(`by making up one sender of three (${name}) is read as low as the two others`, async () => {
      const limitKbps = 0.67 * CLAIM_KBPS
      isUnder(await measured({ forwarding: cheating(name, limitKbps) }), limitKbps)
    })
  }

  it('by giving one sender’s payloads the wrong headers loses that sender’s part, and excuses nothing', async () => {
    const limitKbps = 0.67 * CLAIM_KBPS
    const result = await measured({ forwarding: cheating('shiftsOnesHeaders', limitKbps) })
    isUnder(result, limitKbps)
    expect(result.evidence.unverifiableSenders).to.equal(2 ** VICTIM)
  })

  it('by making up an accomplice’s data, with its header key, gains no rate, and the session names the sender', async () => {
    const limitKbps = 0.6 * CLAIM_KBPS
    const result = await measured({ forwarding: cheating('makesUpAccomplice', limitKbps) })
    expect(result.outcome, story(network, result)).to.include({ kind: 'at-least', reason: 'sender-spoiled' })
    if (result.outcome.kind !== 'at-least') return
    expect(result.outcome.measurement.rateKbps).to.be.at.most(GAIN * limitKbps)
    expect(result.evidence.unverifiableSenders).to.equal(2 ** VICTIM)
  })

  it('by making up an accomplice’s data is read as low as it is below half of the claim, however much arrives', async () => {
    const limitKbps = 0.45 * CLAIM_KBPS
    const result = await measured({ forwarding: cheating('makesUpAccomplice', limitKbps) })
    isUnder(result, limitKbps)
    if (result.outcome.kind === 'under') {
      expect(result.outcome.measurement.arrivedKbps).to.be.greaterThan(0.9 * CLAIM_KBPS)
    }
  })

  /** The sender's data goes through another box of the provider, which signs with the same keys. */
  const through =
    (host: string): Behaviour =>
    async (stream, deps) => {
      const { answerSigner, voucherSigner } = network.provider
      const ports = { answerSigner, voucherSigner, access: everybodyReserved, clock: systemClock, random: systemRandom }
      const box = await Relay.open({ host, port: 0, claimKbps: 3 * CLAIM_KBPS, ...ports })
      boxes.push(box)
      const openProvider = async () => connect(streamPair(host), theirs => box.serve(theirs, 'a sender'))
      return serveProbe(stream, { ...deps, openProvider })
    }
  const lending = through(BOX_HOST)

  it('gains nothing from a lender whose data comes from its own address', async () => {
    const limitKbps = 0.2 * CLAIM_KBPS
    const result = await measured({ limitKbps }, [honest, honest, lending])
    isUnder(result, limitKbps)
    expect(result.record.senderRecords.map(({ host }) => host)).to.deep.equal(['127.0.0.1', '127.0.0.1', BOX_HOST])
    expect(result.evidence).to.include({ providerHost: '127.0.0.1', unverifiableSenders: 0b100 })
    expect(result.record.senderRecords[2]!.chunks).to.deep.equal([])
  })

  it('is dead if it serves each sender from another host', async () => {
    const result = await measured({}, ['127.0.0.9', '127.0.0.10', '127.0.0.11'].map(through))
    expect(result.outcome, story(network, result)).to.deep.equal({ kind: 'dead', granted: 3 })
  })

  it('that keeps its claim loses nothing to such a sender', async () => {
    const result = await measured({ limitKbps: CLAIM_KBPS / 0.7 }, [lending])
    expect(result.outcome, story(network, result)).to.have.property('kind', 'verified')
    if (result.outcome.kind === 'verified')
      expect(result.outcome.measurement.rateKbps).to.be.at.least(0.95 * CLAIM_KBPS)
  })

  it('and refuses one sender has no excuse, nor with an accomplice that shows no key', async () => {
    const limitKbps = 0.6 * CLAIM_KBPS
    const forwarding = cheating('refusesOne', limitKbps)
    isUnder(await measured({ forwarding }), limitKbps)
    await network.close()
    const result = await measured({ forwarding }, [honest, honest, keyless])
    isUnder(result, limitKbps)
    expect(result.evidence.unverifiableSenders).to.equal(0b101)
  })
})
