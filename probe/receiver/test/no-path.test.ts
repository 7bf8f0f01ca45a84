/** Sessions over real UDP that end without a path, and providers that pretend there is none. */
import { expect } from 'chai'
import { forwardings } from '../../test/fixtures/forwardings.js'
import { failed, keysOf } from '../../test/fixtures/records.js'
import { HOST, Network, type NetworkOptions, story } from '../../test/harness.js'
import { verifyTranscript } from '../../transcript/verify.js'
import type { Outcome } from '../../verdict/outcome.js'

const CLAIM_KBPS = 10_000

describe('a session without a path', () => {
  let network: Network | undefined

  async function outcomeOf(options: Partial<NetworkOptions>, isDisturbed = (_: Outcome) => false) {
    const opened = await Network.open({ claimKbps: CLAIM_KBPS, ...options })
    network = opened
    const result = await opened.measureAgain(isDisturbed, () => opened.measure())
    const { checks, outcome } = await verifyTranscript(result.record, keysOf(network))
    expect(failed(checks), story(network, result)).to.deep.equal([])
    expect(outcome).to.deep.equal(result.outcome)
    return result.outcome
  }

  afterEach(async () => {
    await network?.close()
    network = undefined
  })

  it('names the path MTU if small datagrams arrive and full ones do not', async () => {
    const outcome = await outcomeOf({ forwarding: forwardings.narrowPath })
    expect(outcome).to.deep.equal({ kind: 'no-path', reason: 'path-mtu' })
  })

  it('names the path MTU behind a full queue, too', async () => {
    // Full datagrams that come in bursts, as from a busy machine, leave no room for small ones.
    const outcome = await outcomeOf({ forwarding: forwardings.narrowPathWithQueue }, ({ kind }) => kind === 'dead')
    expect(outcome).to.deep.equal({ kind: 'no-path', reason: 'path-mtu' })
  })

  for (const name of ['forwardsNothing', 'truncates', 'rewritesHeaders'] as const)
    it(`is dead, and no matter of the path MTU, if the provider ${name}`, async () => {
      const outcome = await outcomeOf({ forwarding: forwardings[name] })
      expect(outcome).to.deep.equal({ kind: 'dead', granted: 3 })
    })

  it('shows no fault if the provider is busy and the senders had no token', async () => {
    const outcome = await outcomeOf({ forwarding: forwardings.refusesAsBusy })
    expect(outcome).to.deep.equal({ kind: 'no-path', reason: 'refusals' })
  })

  it('is refused if the provider calls a request malformed that was in order', async () => {
    const outcome = await outcomeOf({ forwarding: forwardings.refusesAsMalformed })
    expect(outcome).to.deep.equal({ kind: 'refused', refusals: 3 })
  })

  it('names the family if the provider announces none of the receiver’s', async () => {
    const outcome = await outcomeOf({ forwarding: forwardings.refusesFamily, providerHosts: ['::1'] })
    expect(outcome).to.deep.equal({ kind: 'no-path', reason: 'family' })
  })

  it('is refused if the provider announces the receiver’s family and does not serve it', async () => {
    const outcome = await outcomeOf({ forwarding: forwardings.refusesFamily, providerHosts: ['::1', HOST] })
    expect(outcome).to.deep.equal({ kind: 'refused', refusals: 3 })
  })

  it('names blocked UDP if no datagram of the provider’s ever arrives', async () => {
    network = await Network.open({ claimKbps: CLAIM_KBPS })
    const heard = await network.measureUndisturbed()
    expect(heard.outcome, 'the receiver has heard a provider').to.have.property('kind', 'verified')
    network.advertisedHost = '127.0.0.23' // nobody is there
    const blocked = await network.measure()
    expect(blocked.outcome, story(network, blocked)).to.deep.equal({ kind: 'no-path', reason: 'udp-blocked' })
  })
})
