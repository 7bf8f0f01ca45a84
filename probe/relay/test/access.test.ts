/** Attack: strangers take a provider's sessions, forge tokens, and spend one twice. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { IP_DATAGRAM_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import { toHex } from '../../../proto/hex.js'
import { isNoToken, TOKEN_BYTES } from '../../../proto/token.js'
import { MAX_STRANGERS, MAX_STRANGERS_PER_HOST, MAX_STRANGERS_PER_PEER } from '../../constants.js'
import { Condition } from '../../deadline.js'
import { REFUSE } from '../../plane/forwarding.js'
import type { Access } from '../../ports.js'
import { forwardings } from '../../test/fixtures/forwardings.js'
import { HOST, Network, PATIENCE_MS } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { echoOf, isChallenge } from '../../wire/path-validation.js'
import { RelayClient } from '../../wire/relay-client.js'

/** Knows its tokens by heart, and counts how often it was asked. */
class KnownTokens implements Access {
  asked = 0
  readonly #good = new Set<string>()

  issue(): Uint8Array {
    const token = new Uint8Array(randomBytes(TOKEN_BYTES))
    this.#good.add(toHex(token))
    return token
  }

  classOf(token: Uint8Array): 'reserved' | 'stranger' | 'invalid' {
    if (isNoToken(token)) return 'stranger'
    this.asked++
    return this.#good.delete(toHex(token)) ? 'reserved' : 'invalid'
  }
}

describe('access to a relay', () => {
  let network: Network
  let tokens: KnownTokens
  let nextHop: PlainUdp
  const clients: RelayClient[] = []
  let arrived: Buffer[]
  let arrival: Condition

  beforeEach(async () => {
    tokens = new KnownTokens()
    arrived = []
    arrival = new Condition()
    network = await Network.open({ claimKbps: 10_000, access: tokens })
    nextHop = await PlainUdp.open((datagram, { port }) => {
      if (isChallenge(datagram)) nextHop.send(echoOf(datagram), port)
      else arrived.push(datagram)
      arrival.changed()
    })
  })

  afterEach(async () => {
    await Promise.all(clients.splice(0).map(client => client.close()))
    await Promise.all([network.close(), nextHop.close()])
  })

  async function open(peer: string, host: string, token?: Uint8Array) {
    const sessionId = randomBytes(32)
    const client = new RelayClient(network.openProvider(peer, host), sessionId)
    clients.push(client)
    const shape = { budgetBytes: 100 * IP_DATAGRAM_BYTES, rateKbps: 1000, durationMs: 20_000 }
    const hop = { nextHopHost: HOST, nextHopPort: nextHop.port }
    const answer = await client.open({ sessionId, ...hop, ...shape, token }, network.provider.answers, PATIENCE_MS)
    return { client, answer }
  }

  /** The reason of a refusal, or 0 for a grant. */
  const reasonOf = async (peer: string, host: string, token?: Uint8Array): Promise<number> => {
    const { answer } = await open(peer, host, token)
    return answer.kind === 'refuse' ? answer.refuse.reason : 0
  }

  it('a token is never refused for strangers, who have taken all their sessions', async () => {
    for (let i = 0; i < MAX_STRANGERS; i++) {
      expect(await reasonOf(`p${i >> 1}`, `192.0.2.${Math.floor(i / MAX_STRANGERS_PER_HOST)}`)).to.equal(0)
    }
    expect(await reasonOf('another', '198.51.100.1'), 'one more stranger').to.equal(REFUSE.busy)
    for (let i = 0; i < 2 * MAX_STRANGERS; i++) {
      expect(await reasonOf('verifier', '203.0.113.1', tokens.issue()), `token ${i}`).to.equal(0)
    }
    expect(network.relay.stats.reserved).to.equal(2 * MAX_STRANGERS)
  })

  it('a stranger’s peers are few, and so are its hosts’ peers', async () => {
    for (let i = 0; i < MAX_STRANGERS_PER_PEER; i++) expect(await reasonOf('one', '192.0.2.1')).to.equal(0)
    expect(await reasonOf('one', '192.0.2.2'), 'the peer, from elsewhere').to.equal(REFUSE.busy)
    for (let i = MAX_STRANGERS_PER_PEER; i < MAX_STRANGERS_PER_HOST; i++) {
      expect(await reasonOf(`other ${i}`, '192.0.2.1')).to.equal(0)
    }
    expect(await reasonOf('new', '192.0.2.1'), 'the host, as another peer').to.equal(REFUSE.busy)
    expect(await reasonOf('new', '192.0.2.2')).to.equal(0)
  })

  it('a stranger’s place is free again once its session has ended', async () => {
    const first = await open('one', '192.0.2.1')
    for (let i = 1; i < MAX_STRANGERS_PER_PEER; i++) await open('one', '192.0.2.1')
    expect(await first.client.ready).to.equal(true)
    await first.client.finish()
    await first.client.ended // it waits for this only a moment
    expect(await reasonOf('one', '192.0.2.1')).to.equal(0)
  })

  it('a spent or invented token is refused, and is no stranger’s opening either', async () => {
    const token = tokens.issue()
    expect(await reasonOf('verifier', '192.0.2.1', token)).to.equal(0)
    expect(await reasonOf('thief', '192.0.2.2', token)).to.equal(REFUSE.token)
    expect(await reasonOf('forger', '192.0.2.3', new Uint8Array(randomBytes(TOKEN_BYTES)))).to.equal(REFUSE.token)
    expect(network.relay.stats).to.have.nested.property('refused.token', 2)
    expect(network.relay.stats.sessions).to.equal(1)
  })

  it('a refusal for another reason spends no token', async () => {
    const token = tokens.issue()
    const sessionId = randomBytes(32)
    const client = new RelayClient(network.openProvider('verifier'), sessionId)
    clients.push(client)
    const hop = { nextHopHost: '10.0.0.1', nextHopPort: 9 }
    const shape = { budgetBytes: 1, rateKbps: 1, durationMs: 1 }
    const answer = await client.open({ sessionId, ...hop, ...shape, token }, network.provider.answers, PATIENCE_MS)
    expect(answer).to.have.nested.property('refuse.reason', REFUSE.nextHop)
    expect(await reasonOf('verifier', HOST, token)).to.equal(0)
  })

  it('a token’s session is known to the provider as one, a stranger’s is not', async () => {
    await network.close()
    network = await Network.open({ claimKbps: 10_000, access: tokens, forwarding: forwardings.dropsReserved })
    const tags = await Promise.all(
      [tokens.issue(), undefined].map(async (token, i) => {
        const { client, answer } = await open(`p${i}`, '192.0.2.1', token)
        if (answer.kind !== 'grant') throw new Error('the relay refused')
        expect(await client.ready).to.equal(true)
        return { tag: answer.grant.tag, udpPort: answer.grant.udpPort }
      }),
    )
    for (const { tag, udpPort } of tags) nextHop.send(Buffer.concat([tag, randomBytes(1192)]), udpPort)
    expect(await arrival.until(() => arrived.length > 0, PATIENCE_MS)).to.equal(true)
    expect(arrived.map(datagram => toHex(datagram.subarray(0, TAG_BYTES)))).to.deep.equal([toHex(tags[1]!.tag)])
    expect(network.relay.stats.dropped['not-forwarded']).to.equal(1)
  })

  it('invented tokens are checked at a bounded rate, and a verifier’s beside them', async () => {
    network.relay.know('203.0.113.1')
    const forged = Array.from({ length: 1000 }, (_, i) =>
      reasonOf(`forger ${i}`, `192.0.2.${i % 64}`, new Uint8Array(randomBytes(TOKEN_BYTES))).catch(() => 'unanswered'),
    )
    const verifier = Array.from({ length: 20 }, () => reasonOf('verifier', '203.0.113.1', tokens.issue()))
    expect(await Promise.all(verifier)).to.deep.equal(Array(20).fill(0))
    await Promise.all(forged)
    expect(network.relay.stats.unanswered).to.be.greaterThan(400)
    expect(tokens.asked).to.be.lessThan(600)
  })
})
