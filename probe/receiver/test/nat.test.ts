/** The receiver takes the provider's host and port as the handshake showed them, over real UDP. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { toHex } from '../../../proto/hex.js'
import { systemRandom } from '../../system.js'
import { HOST, Network, PATIENCE_MS, story } from '../../test/harness.js'
import { Nat } from '../../test/nat.js'
import { HeartbeatSession } from '../heartbeat.js'

const CLAIM_KBPS = 10_000
const NAT_HOST = '127.0.0.21'

describe('a provider behind a NAT', () => {
  let network: Network
  let nat: Nat

  beforeEach(async () => {
    network = await Network.open({ claimKbps: CLAIM_KBPS, advertisedHost: NAT_HOST })
    nat = await Nat.open(NAT_HOST, { host: HOST, port: network.receiver.port })
  })
  afterEach(async () => {
    await nat.close()
    await network.close()
  })

  it('that rewrites source ports is read at its claim, and its host is the one that the receiver saw', async () => {
    const result = await network.measureUndisturbed()
    expect(result.outcome, story(network, result)).to.have.property('kind', 'verified')
    if (result.outcome.kind === 'verified')
      expect(result.outcome.measurement.rateKbps).to.be.at.least(0.95 * CLAIM_KBPS)
    expect(result.evidence.providerHost).to.equal(NAT_HOST)
    for (const { controlFlow } of result.record.senderRecords)
      expect(controlFlow, 'control datagrams come too').to.not.equal(undefined)
  })

  it('that rewrites source ports answers heartbeats', async () => {
    const session = await HeartbeatSession.open(
      {
        sessionId: toHex(randomBytes(32)),
        stream: network.openProvider('verifier'),
        provider: network.provider.answers,
        ...{ claimKbps: CLAIM_KBPS, advertisedHost: NAT_HOST, udpHost: HOST },
      },
      { receiver: network.receiver, random: systemRandom },
    )
    try {
      expect(await Promise.all([session.tick(PATIENCE_MS), session.tick(PATIENCE_MS)])).to.deep.equal([true, true])
    } finally {
      await session.close()
    }
  })
})
