/** Sessions with providers that are far away: connections, answers, challenges and data all take their round trip. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { connect, serveProbe } from '../../../probe/index.js'
import { type Behaviour, HOST, Network, story } from '../../../probe/test/harness.js'
import { delayedPair } from '../delayed-streams.js'
import { InProcessPath, PATH_HOST } from '../in-process-path.js'

const CLAIM_KBPS = 10_000
/** TCP, Noise, Yamux, and the stream. */
const DIAL_ROUND_TRIPS = 5

describe('a session with a far provider', () => {
  for (const rttMs of [320, 500])
    it(`at a round trip of ${rttMs} ms is verified`, async () => {
      const network = await Network.open({ claimKbps: CLAIM_KBPS, advertisedHost: PATH_HOST })
      const ends = { host: HOST, providerPort: network.relay.port, receiverPort: network.receiver.port }
      const path = await InProcessPath.open(ends, Math.random)
      path.shape({ rateKbps: 10 * CLAIM_KBPS, rttMs, lossPercent: 0 })
      const far: Behaviour = (stream, deps) =>
        serveProbe(stream, {
          ...deps,
          openProvider: async () => {
            await pause(DIAL_ROUND_TRIPS * rttMs)
            return connect(delayedPair(rttMs / 2, HOST), end => network.relay.serve(end, `${Math.random()}`))
          },
        })
      try {
        const result = await network.measureUndisturbed([far, far, far])
        expect(result.outcome, story(network, result)).to.have.property('kind', 'verified')
      } finally {
        await path.close()
        await network.close()
      }
    })
})
