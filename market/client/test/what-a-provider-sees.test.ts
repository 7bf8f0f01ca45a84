/** What a provider sees of an opening before the first datagram: of a probe, of heartbeats, and of a user. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { systemClock, systemRandom } from '../../../probe/index.js'
import type { ProviderStream } from '../../../probe/ports.js'
import { HeartbeatSession } from '../../../probe/receiver/heartbeat.js'
import { Receiver } from '../../../probe/receiver/receiver.js'
import { HOST, Network, newPeer } from '../../../probe/test/harness.js'
import { toHex } from '../../../proto/hex.js'
import { RelayOpen } from '../../../proto/messages.js'
import { isNoToken, TOKEN_BYTES } from '../../../proto/token.js'
import { openLegSessions } from '../leg-sessions.js'

const CLAIM_KBPS = 25_000

/** All that an opener says before the provider has answered, and how many messages that is. */
interface Seen {
  readonly messages: number
  readonly bytes: number
  readonly open: RelayOpen
}

describe('what a provider sees before the first datagram', () => {
  const provider = newPeer().answers
  const token = () => new Uint8Array(randomBytes(TOKEN_BYTES))

  /** A provider that hears the opening and goes away. */
  function silent() {
    const said: Uint8Array[] = []
    const stream: ProviderStream = {
      remoteHost: HOST,
      send: async message => void said.push(message),
      receive: async () => undefined,
      close: async () => {},
    }
    return { said, stream }
  }
  const seenIn = (said: readonly Uint8Array[]): Seen => ({
    messages: said.length,
    bytes: said[0]!.length,
    open: RelayOpen.decode(said[0]!),
  })

  async function ofUser(): Promise<Seen[]> {
    const streams: ReturnType<typeof silent>[] = []
    const dial = async () => {
      streams.push(silent())
      return streams.at(-1)!.stream
    }
    const hops = { exit: { host: HOST, port: 4000 }, own: { host: HOST, port: 4001 } }
    const request = { provider, claimKbps: CLAIM_KBPS, dial, ...hops, random: systemRandom }
    await openLegSessions({ ...request, tokens: [token(), token()] }).catch(() => {})
    return streams.map(({ said }) => seenIn(said))
  }

  async function ofHeartbeat(): Promise<Seen> {
    const receiver = await Receiver.open({ host: HOST, port: 0, clock: systemClock })
    const { said, stream } = silent()
    const request = { stream, provider, claimKbps: CLAIM_KBPS, advertisedHost: HOST, udpHost: HOST, token: token() }
    await HeartbeatSession.open({ ...request, sessionId: toHex(randomBytes(32)) }, {
      receiver,
      random: systemRandom,
    } as never).catch(() => {})
    await receiver.close()
    return seenIn(said)
  }

  async function ofProbe(): Promise<Seen> {
    const network = await Network.open({ claimKbps: CLAIM_KBPS })
    const said: Uint8Array[][] = []
    network.openProvider = () => {
      const one = silent()
      said.push(one.said)
      return one.stream
    }
    await network.measure()
    await network.close()
    return seenIn(said[0]!)
  }

  it('is the same: one message of one length, that asks for the same, and fields that are set alike', async () => {
    const [heartbeat, [up, down], probe] = await Promise.all([ofHeartbeat(), ofUser(), ofProbe()])
    for (const [who, seen] of Object.entries({ up, down, probe })) {
      expect(seen!.messages, who).to.equal(heartbeat.messages)
      expect(seen!.bytes, who).to.equal(heartbeat.bytes)
      expect(Object.keys(seen!.open), who).to.deep.equal(Object.keys(heartbeat.open))
      const { rateKbps, budgetBytes, durationMs } = heartbeat.open
      expect(seen!.open, who).to.include({ rateKbps, budgetBytes, durationMs })
    }
    // The harness's senders hold no tokens: only those of a node show one.
    for (const [who, { open }] of Object.entries({ heartbeat, up: up!, down: down! }))
      expect(isNoToken(open.token), who).to.equal(false)
    const drawn = [heartbeat, up!, down!, probe].map(({ open }) => toHex(open.sessionId))
    expect(new Set(drawn).size, 'and no session is named like another').to.equal(4)
  })
})
