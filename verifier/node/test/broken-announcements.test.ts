/** What one node announces must not hurt the sessions of others. Real peers, relay and UDP on loopback. */
import { expect } from 'chai'
import { OUTCOME, type Vote } from '../../../proto/vote.js'
import { CLAIM_KBPS, OneEpoch } from './one-epoch.js'

const NONSENSE_ADDRESSES = ['', 'nonsense', '/X', '/ip4/999.1.1.1/tcp/1', '/ip4/127.0.0.1/tcp/99999']

describe('broken announcements', function () {
  this.retries(2)
  const epoch = new OneEpoch()
  afterEach(() => epoch.close())

  const isMeasured = (vote: Vote) => {
    expect(vote).to.include({ outcome: OUTCOME.verified, rateKbps: CLAIM_KBPS })
    expect(vote.ticksAnswered).to.equal(vote.ticksSent)
    expect(vote.ticksSent > 0n).to.equal(true)
  }
  const isUnreachable = (vote: Vote) => {
    expect(vote).to.include({ outcome: OUTCOME.noData, rateKbps: 0, ticksAnswered: 0n })
    expect(vote.ticksSent > 0n).to.equal(true)
  }

  it('a verifier that announces a peer id nobody can parse is a silent sender', async () => {
    const { honest, other, readTranscript } = await epoch.measure('verifier', () => ({ peerId: 'nonsense' }))
    isMeasured(honest)
    isMeasured(other)
    expect(await readTranscript()).to.deep.include({ faults: [], silent: 1 })
  })

  it('a verifier whose multiaddrs are nonsense is a silent sender', async () => {
    const alter = () => ({ multiaddrs: NONSENSE_ADDRESSES })
    const { honest, other, readTranscript } = await epoch.measure('verifier', alter)
    isMeasured(honest)
    isMeasured(other)
    expect(await readTranscript()).to.deep.include({ faults: [], silent: 1 })
  })

  it('a provider that announces nonsense is unreachable, and others are measured', async () => {
    for (const alter of [{ peerId: 'nonsense' }, { multiaddrs: NONSENSE_ADDRESSES }]) {
      const { honest, other, readTranscript } = await epoch.measure('provider', () => alter)
      isMeasured(honest)
      expect(await readTranscript()).to.deep.include({ faults: [], silent: 0 })
      isUnreachable(other)
    }
  })

  it('a clone of a provider’s peer id and address is refused, and the provider is measured as before', async () => {
    const clone = await epoch.measure('provider', (_, { peerId, multiaddrs }) => ({ peerId, multiaddrs }))
    isMeasured(clone.honest)
    expect(await clone.readTranscript()).to.deep.include({ faults: [], silent: 0 })
    isUnreachable(clone.other)
    expect(clone.refused.otherProvider, 'sessions for the clone').to.be.greaterThan(0)
    expect(clone.refused).to.deep.include({ busy: 0, replayed: 0 })
  })

  it('a clone of a verifier’s peer id is a silent sender, and the verifier sends as before', async () => {
    const nowhere = ['/ip4/127.0.0.1/tcp/1']
    for (const multiaddrs of [undefined, nowhere]) {
      const { honest, other, readTranscript } = await epoch.measure('verifier', (_, model) => ({
        peerId: model.peerId,
        multiaddrs: multiaddrs ?? model.multiaddrs,
      }))
      isMeasured(honest)
      isMeasured(other)
      expect(await readTranscript()).to.deep.include({ faults: [], silent: 1 })
    }
  })
})
