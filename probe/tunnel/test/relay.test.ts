/** The whole way: a client, two real relays and an exit, over real UDP on loopback. */
import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { toHex } from '../../../proto/hex.js'
import { everybodyReserved, Relay } from '../../relay/relay.js'
import { systemClock, systemRandom } from '../../system.js'
import { HOST, newPeer, PATIENCE_MS, type Peer } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { requestOf } from '../../verdict/session-shape.js'
import { connect, streamPair } from '../../wire/local-streams.js'
import { RelayClient } from '../../wire/relay-client.js'
import type { ClientLeg, LegGrants } from '../client-leg.js'
import { ClientTunnel } from '../client-tunnel.js'
import { ExitTunnels } from '../exit-tunnels.js'
import { CERTIFICATE, CERTIFICATE_KEY, EXIT, EXIT_KEY } from './fixtures/exit-identity.js'

const CLAIM_KBPS = 50_000
const BYTES = 4_000_000
const PORTS = { clock: systemClock, random: systemRandom }

class Provider {
  readonly clients: RelayClient[] = []

  private constructor(
    readonly relay: Relay,
    readonly peer: Peer,
  ) {}

  static async open(): Promise<Provider> {
    const peer = newPeer()
    const { answerSigner, voucherSigner } = peer
    const options = { host: HOST, port: 0, claimKbps: CLAIM_KBPS, access: everybodyReserved }
    return new Provider(await Relay.open({ ...options, ...PORTS, answerSigner, voucherSigner }), peer)
  }

  async grants(exitPort: number, clientPort: number): Promise<LegGrants> {
    const [up, down] = [await this.#session(exitPort), await this.#session(clientPort)]
    const to = { host: HOST, port: up.udpPort }
    return { up: { tag: up.tag, to, rateKbps: up.rateKbps }, down: { tag: down.tag, rateKbps: down.rateKbps } }
  }

  async #session(nextHopPort: number) {
    const sessionId = randomBytes(32)
    const stream = connect(streamPair(HOST), each => this.relay.serve(each, 'client'))
    const client = new RelayClient(stream, sessionId)
    this.clients.push(client)
    const request = requestOf(sessionId, { host: HOST, port: nextHopPort }, CLAIM_KBPS)
    const answer = await client.open(request, this.peer.answers, PATIENCE_MS)
    if (answer.kind === 'refuse') throw new Error(`refused for reason ${answer.refuse.reason}`)
    expect(await client.ready, 'the next hop has echoed').to.equal(true)
    return answer.grant
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map(client => client.close()))
    await this.relay.close()
  }
}

describe('a tunnel over relays', () => {
  it('joins over two providers, carries bytes there and back, and outlives one of them', async () => {
    let exit: ExitTunnels | undefined
    let client: ClientTunnel | undefined
    const exitPort = await PlainUdp.open((datagram, { address, port }) =>
      exit!.onDatagram(datagram, { host: address, port }, systemClock.now()),
    )
    const clientPort = await PlainUdp.open((datagram, { address, port }) => {
      client!.onDatagram(datagram, { host: address, port }, systemClock.now())
    })
    const providers = [await Provider.open(), await Provider.open()]
    try {
      exit = await ExitTunnels.open({
        ...{ ...PORTS, key: EXIT_KEY, certificate: CERTIFICATE, certificateKey: CERTIFICATE_KEY },
        port: { send: (datagram, to) => exitPort.send(datagram, to.port) },
        onTunnel: tunnel => {
          tunnel.onStream = stream => stream.on('error', () => {}).pipe(stream)
        },
      })
      const port = { send: (datagram: Uint8Array, to: { port: number }) => clientPort.send(datagram, to.port) }
      client = await ClientTunnel.open({ ...PORTS, port, exit: EXIT, mode: 'spread' })
      const legs: ClientLeg[] = []
      for (const provider of providers) legs.push(client.addLeg(await provider.grants(exitPort.port, clientPort.port)))
      await Promise.all(legs.map(({ joined }) => joined))
      await client.established

      const sent = randomBytes(BYTES)
      const stream = client.openStream()
      stream.end(sent)
      const hash = createHash('sha256')
      let read = 0
      for await (const bytes of stream) {
        hash.update(bytes as Buffer)
        read += (bytes as Buffer).length
        if (read < BYTES / 2 || legs[0]!.isDead) continue
        client.endLeg(legs[0]!)
        await providers[0]!.close()
      }
      expect(toHex(hash.digest())).to.equal(toHex(createHash('sha256').update(sent).digest()))
      const { provenUp, provenDown, sentBytes } = legs[1]!
      expect(provenUp).to.be.within(BYTES / 4, sentBytes)
      expect(provenDown).to.be.above(BYTES / 4)
      expect(client.counts).to.include({ forged: 0, malformed: 0 })
      expect(exit.counts).to.include({ forged: 0, malformed: 0, refused: 0 })
      expect(exit.counts.echoes).to.be.at.least(2)
    } finally {
      client?.close()
      exit?.close()
      await Promise.all(providers.map(provider => provider.close()))
      await Promise.all([exitPort.close(), clientPort.close()])
    }
  })
})
