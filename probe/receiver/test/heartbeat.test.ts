import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { toHex } from '../../../proto/hex.js'
import { type ForwardingSpec, forwardAll } from '../../plane/forwarding.js'
import { systemRandom } from '../../system.js'
import { dropsFirst, forwardings, notedRequests } from '../../test/fixtures/forwardings.js'
import { BACKENDS, HOST, Network, PATIENCE_MS } from '../../test/harness.js'
import { shapeOf } from '../../verdict/session-shape.js'
import { HeartbeatSession } from '../heartbeat.js'

const CLAIM_KBPS = 10_000

for (const backend of BACKENDS)
  describe(`heartbeat over ${backend}`, () => {
    let network: Network | undefined
    let session: HeartbeatSession | undefined

    async function open(forwarding: ForwardingSpec = forwardAll): Promise<HeartbeatSession> {
      network = await Network.open({ claimKbps: CLAIM_KBPS, backend, forwarding })
      session = await HeartbeatSession.open(
        {
          sessionId: toHex(randomBytes(32)),
          stream: network.openProvider('verifier'),
          provider: network.provider.answers,
          ...{ claimKbps: CLAIM_KBPS, advertisedHost: HOST, udpHost: HOST },
        },
        { receiver: network.receiver, random: systemRandom },
      )
      return session
    }

    afterEach(async () => {
      await session?.close()
      await network?.close()
      session = undefined
      network = undefined
    })

    it('comes back through the relay, tick after tick, several at once', async () => {
      await open()
      expect(await session!.tick(PATIENCE_MS)).to.equal(true)
      expect(
        await Promise.all([session!.tick(PATIENCE_MS), session!.tick(PATIENCE_MS), session!.tick(PATIENCE_MS)]),
      ).to.not.include(false)
      expect(network!.relay.stats.forwarded).to.equal(4)
      expect(network!.receiver.heard).to.equal(true)
    })

    it('is sent again if a full link has dropped it, and fails if that link drops it thrice', async () => {
      await open(dropsFirst(2))
      expect(await session!.tick(7500)).to.equal(true)
      await session!.close()
      await network!.close()
      await open(dropsFirst(3))
      expect(await session!.tick(300)).to.equal(false)
    })

    it('fails when the provider forwards nothing', async () => {
      await open(forwardings.forwardsNothing)
      const startMs = performance.now()
      expect(await session!.tick(50)).to.equal(false)
      // A closed session would not wait.
      expect(performance.now() - startMs).to.be.at.least(49)
    })

    it('accepts its own bytes alone', async () => {
      await open(forwardings.flipsLastBit)
      expect(await session!.tick(100)).to.equal(false)
    })

    it('fails at once, without waiting, when the relay is gone', async () => {
      await open()
      await network!.relay.close()
      expect(await session!.tick(50)).to.equal(false)
      // Longer than this test may take.
      expect(await session!.tick(600_000)).to.equal(false)
    })

    it('is refused by a provider that serves nobody', async () => {
      const refused = await open(forwardings.refuses).catch((error: Error) => error)
      expect(refused)
        .to.be.instanceOf(Error)
        .with.property('message')
        .that.matches(/refused/)
    })

    it('asks for what a session for data asks for', async () => {
      notedRequests.length = 0
      await open(forwardings.notesRequests)
      expect(await session!.tick(PATIENCE_MS)).to.equal(true)
      expect((await network!.measureUndisturbed()).outcome).to.have.property('kind', 'verified')
      // One of the heartbeat, and three of each try.
      expect(notedRequests.length % 3).to.equal(1)
      expect(notedRequests.length).to.be.at.least(4)
      for (const request of notedRequests) expect(request).to.deep.equal(shapeOf(CLAIM_KBPS))
    })
  })
