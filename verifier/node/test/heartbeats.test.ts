/** Heartbeats of one epoch, over libp2p and UDP on loopback. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { type ForwardingSpec, Receiver, systemClock, systemRandom } from '../../../probe/index.js'
import { forwardings } from '../../../probe/test/fixtures/forwardings.js'
import { Network } from '../../../probe/test/harness.js'
import { toHex } from '../../../proto/hex.js'
import { RelayOpen } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { SESSION_PROTOCOL } from '../../../proto/protocols.js'
import { heartbeatTokens } from '../../core/assignment/token-need.js'
import { facts } from '../../core/test/samples.js'
import { createPeer, listenAddresses } from '../../net/libp2p.js'
import { handleStreams } from '../../net/streams.js'
import { silent } from '../../net/test/network.js'
import { Heartbeats } from '../heartbeats.js'
import type { MeasuringModules } from '../measuring-modules.js'
import { OwnUdp } from '../own-address.js'
import { aborted } from '../waiting.js'
import { WALL_CLOCK } from '../wall-clock.js'

const HOST = '127.0.0.1'
const PARAMS = { ...DEVNET, epochSeconds: 4, tickMs: 200 }

describe('heartbeats', () => {
  /** @param endsInMs when the epoch ends, if that is before all ticks are over */
  async function run(forwarding: ForwardingSpec, endsInMs?: number) {
    const network = await Network.open({ claimKbps: 10_000, forwarding })
    const seed = toHex(randomBytes(32))
    const peer = await createPeer({ seed, listen: [`/ip4/${HOST}/tcp/0`], log: silent })
    const receiver = await Receiver.open({ host: HOST, port: 0, clock: systemClock })
    const stopping = new AbortController()
    let taken = 0
    try {
      let opened = 0
      await handleStreams(
        peer,
        SESSION_PROTOCOL,
        RelayOpen.maxBytes,
        (stream, from) => {
          opened++
          return network.relay.serve(stream, from)
        },
        () => {},
      )
      const { account } = network.provider.answers
      const sample = facts({ verifiers: 4, providers: 1, epoch: 1 })
      const chain = { ...sample, providers: sample.providers.map(one => ({ ...one, account })) }
      const modules = {
        context: {
          ...{ params: PARAMS, wall: WALL_CLOCK, random: systemRandom, stopping: stopping.signal },
          epochs: { genesisMs: Date.now() + 500, epochMs: PARAMS.epochSeconds * 1000, eraEpochs: 5 },
          answers: { of: () => network.provider.answers },
        },
        directory: { provider: () => ({ peerId: peer.peerId.toString(), multiaddrs: listenAddresses(peer) }) },
        ...{ receiver, udp: new OwnUdp(HOST, undefined) },
        tokens: {
          take: () => {
            taken++
            return undefined
          },
        },
      } as unknown as MeasuringModules
      const heartbeats = new Heartbeats(modules, chain, account, toHex(randomBytes(32)))
      const ended = endsInMs === undefined ? stopping.signal : AbortSignal.timeout(endsInMs)
      let isOver = false
      const running = heartbeats.run(ended).then(() => {
        isOver = true
      })
      await (endsInMs === undefined ? running : aborted(ended))
      await new Promise(setImmediate)
      const endsAtOnce = isOver
      await running
      return { heartbeats, opened, taken, endsAtOnce }
    } finally {
      stopping.abort()
      await peer.stop()
      await receiver.close()
      await network.close()
    }
  }

  it('leave the senders their tokens, whatever a provider refuses', async () => {
    const { heartbeats, opened, taken } = await run(forwardings.refuses)
    expect(heartbeats.answered).to.equal(0n)
    expect(opened).to.be.greaterThan(heartbeatTokens(PARAMS))
    expect(taken).to.equal(heartbeatTokens(PARAMS))
  })

  it('end with the epoch, although the provider answers none of them', async () => {
    const { heartbeats, endsAtOnce } = await run(forwardings.forwardsNothing, 3000)
    expect(heartbeats.answered).to.equal(0n)
    expect(heartbeats.sent).to.not.equal(0n)
    expect(endsAtOnce).to.equal(true)
  })
})
