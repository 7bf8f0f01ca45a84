/** Soaks over real UDP: an honest provider, a slow one, and senders of three that lend, flood, or do not do their part. */
import { expect } from 'chai'
import { ProbeFrame } from '../../proto/messages.js'
import type { SessionResult } from '../outcome.js'
import type { Rechecked } from '../recheck.js'
import { recheckSession } from '../recheck.js'
import { type Authorization, serveProbe } from '../sender.js'
import { lending } from './fixtures/lending.js'
import { type Behaviour, honest, Network, type NetworkOptions } from './harness.js'

const CLAIM_KBPS = 10_000
const SLOW_KBPS = 0.6 * CLAIM_KBPS
/** Turns of a second. */
const SOAK_MS = 6_000

/**
 * Keeps still while all send together, and spends what it was granted in the others' turns, as fast as the relay lets it.
 * What it was granted it cannot choose: the receiver sees it in the provider's grant.
 */
const flooding: Behaviour = (stream, deps) =>
  serveProbe(
    {
      ...stream,
      receive: async () => {
        const message = await stream.receive()
        if (message && ProbeFrame.decode(message).start) await new Promise(resolve => setTimeout(resolve, SOAK_MS / 2))
        return message
      },
    },
    {
      ...deps,
      authorize: async invite =>
        ({ ...(await deps.authorize(invite)), claimKbps: 2 * CLAIM_KBPS, soakMs: 2 * SOAK_MS }) as Authorization,
    },
  )
const silent: Behaviour = async () => {}

describe('a soak', function () {
  this.timeout(30_000)
  let network: Network

  afterEach(() => network.close())

  async function measured(options: Partial<NetworkOptions>, behaviours: Behaviour[] = []): Promise<SessionResult> {
    network = await Network.open({ claimKbps: CLAIM_KBPS, soakMs: SOAK_MS, ...options })
    return network.measure(behaviours)
  }
  const story = ({ outcome, record }: SessionResult): string =>
    JSON.stringify({ outcome, turns: record.parties.map(({ turn }) => turn), notes: network.notes })
  const rateOf = ({ outcome }: SessionResult): number => ('measurement' in outcome ? outcome.measurement.rateKbps : -1)

  const rechecked = ({ record }: SessionResult): Promise<Rechecked> =>
    recheckSession(record, {
      senders: network.senders.map(({ verifier }) => verifier),
      receiver: network.receiverPeer.verifier,
      provider: network.provider.verifier,
      providerVouchers: network.provider.vouchers,
      receiverVouchers: network.receiverPeer.vouchers,
    })

  it('reads the claim of a provider that delivers just that', async () => {
    const result = await measured({ limitKbps: CLAIM_KBPS })
    expect(result.outcome, story(result)).to.have.property('kind', 'verified')
    expect(rateOf(result), story(result)).to.be.at.least(0.95 * CLAIM_KBPS)
  })

  for (const [name, options, behaviours] of [
    ['', { limitKbps: SLOW_KBPS }, []],
    [', with a sender that lends it bandwidth', { forwarding: lending(SLOW_KBPS, [0]) }, []],
    [', with one that lends in the others’ turns too', { forwarding: lending(SLOW_KBPS, [1]) }, [honest, flooding]],
    [', in spite of a silent sender', { limitKbps: SLOW_KBPS }, [honest, honest, silent]],
  ] as [string, Partial<NetworkOptions>, Behaviour[]][]) {
    it(`reads 60 % of a provider that delivers 60 %${name}: under, with all evidence, and anybody can check it`, async () => {
      const result = await measured(options, behaviours)
      expect(result.outcome, story(result)).to.have.property('kind', 'under')
      expect(rateOf(result), story(result)).to.be.within(0.93 * SLOW_KBPS, 1.05 * SLOW_KBPS)
      const again = await rechecked(result)
      expect(again.checks.filter(({ holds }) => !holds)).to.deep.equal([])
      expect(again.outcome).to.deep.equal(result.outcome)
    })
  }

  it('is lent to by two senders of three, and then reads the claim', async () => {
    const result = await measured({ forwarding: lending(SLOW_KBPS, [0, 2]) })
    expect(result.outcome, story(result)).to.have.property('kind', 'verified')
    expect(rateOf(result), story(result)).to.be.at.least(0.95 * CLAIM_KBPS)
  })

  it('blames no provider for a sender that floods the others’ turns', async () => {
    const result = await measured({ limitKbps: 1.45 * CLAIM_KBPS }, [flooding])
    expect(result.outcome.kind, story(result)).to.be.oneOf(['verified', 'at-least'])
  })
})
