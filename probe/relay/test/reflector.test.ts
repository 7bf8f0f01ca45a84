/**
 * Attack: reflection. Strangers open sessions whose next hop is a host that never asked, so that the relay floods it. The
 * tests count real datagrams at that host. The last test holds that an honest next hop behind a lossy path still gets in.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { expect } from 'chai'
import { CHALLENGE_BYTES, IP_UDP_HEADER_BYTES, NONCE_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import { fromHex, toHex } from '../../../proto/hex.js'
import { RelayFrame, RelayOpen } from '../../../proto/messages.js'
import { NO_TOKEN } from '../../../proto/token.js'
import { CHALLENGES, CHALLENGES_PER_HOST } from '../../constants.js'
import { BACKENDS, HOST, Network, PATIENCE_MS } from '../../test/harness.js'
import { challengeOf, echoOf, isChallenge, isEcho } from '../../wire/path-validation.js'
import { paddedOpen, RelayClient, type RelayRequest } from '../../wire/relay-client.js'

const VICTIM_HOST = '127.0.0.77'
/** The strangers' sessions: more than a relay gives them, so the limits on reflection hold by themselves. */
const OPENINGS = 256
const PEERS = 32
const ONE_WAY_MS = 75
/** share of the datagrams each way */
const LOSS = 0.05
/** three senders, and heartbeats */
const SESSIONS_OF_A_VERIFIER = 4
const CHALLENGE_IP_BYTES = CHALLENGE_BYTES + IP_UDP_HEADER_BYTES

async function bound(host: string): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, host)
  await once(socket, 'listening')
  return socket
}

/**
 * A next hop behind a long path. The session and the number of its challenge decide what the path loses, and not chance,
 * so every run loses the same.
 */
class LossyHop {
  lost = 0
  /** hexadecimal; the tags that a challenge has named, in order, with the number of challenges so far */
  readonly #challenged = new Map<string, { readonly session: number; challenges: number }>()
  readonly #expected = new Set<string>()
  readonly #timers = new Set<NodeJS.Timeout>()

  private constructor(readonly socket: Socket) {
    socket.on('message', (datagram, source) => isChallenge(datagram) && this.#onChallenge(datagram, source))
  }

  static async open(): Promise<LossyHop> {
    return new LossyHop(await bound(HOST))
  }

  get port(): number {
    return this.socket.address().port
  }

  /** A grant reaches the next hop through the opener, so it takes a whole round trip. */
  expectLater(tag: Uint8Array): void {
    this.#later(2 * ONE_WAY_MS, () => this.#expected.add(toHex(tag)))
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.socket.close()
  }

  #onChallenge(datagram: Buffer, { port, address }: RemoteInfo): void {
    const tag = toHex(datagram.subarray(0, TAG_BYTES))
    const known = this.#challenged.get(tag) ?? { session: this.#challenged.size, challenges: 0 }
    this.#challenged.set(tag, known)
    const number = known.challenges++
    if (this.#loses(`challenge ${known.session} ${number}`)) return
    this.#later(ONE_WAY_MS, () => {
      if (!this.#expected.has(tag) || this.#loses(`echo ${known.session} ${number}`)) return
      this.#later(ONE_WAY_MS, () => this.socket.send(echoOf(datagram), port, address))
    })
  }

  #loses(what: string): boolean {
    const isLost = createHash('sha256').update(what).digest().readUInt32BE() < LOSS * 2 ** 32
    if (isLost) this.lost++
    return isLost
  }

  #later(ms: number, then: () => void): void {
    this.#timers.add(setTimeout(then, ms))
  }
}

const accountOf = (network: Network): Uint8Array => fromHex(network.provider.answers.account)

/** Asks for as little as a session can. */
const smallest = (nextHopHost: string, nextHopPort: number): RelayRequest => ({
  ...{ sessionId: randomBytes(32), nextHopHost, nextHopPort, budgetBytes: 1, rateKbps: 1, durationMs: 1000 },
})

for (const backend of BACKENDS)
  describe(`reflection through a relay over ${backend}`, () => {
    let network: Network
    let victim: Socket
    let verifier: Socket | undefined
    let reflectedBytes: number

    beforeEach(async () => {
      network = await Network.open({ claimKbps: 10_000, backend })
      victim = await bound(VICTIM_HOST)
      reflectedBytes = 0
      victim.on('message', datagram => {
        reflectedBytes += datagram.length + IP_UDP_HEADER_BYTES
      })
    })

    afterEach(async () => {
      await network.close()
      victim.close()
      verifier?.close()
      verifier = undefined
    })

    /** Opens the session, and waits for the relay to give it up. @returns bytes of the opening */
    async function openAt(request: Uint8Array, peer: string): Promise<number> {
      const stream = network.openProvider(peer)
      await stream.send(request)
      expect(RelayFrame.decode((await stream.receive())!)).to.have.property('grant')
      expect(await stream.receive(), 'the relay gave the session up').to.equal(undefined)
      return request.length
    }

    it('answers an opener’s challenges, and no more of them than a relay makes, however many come from wherever', async () => {
      const opener = network.openProvider('opener')
      const { host, port } = { host: VICTIM_HOST, port: victim.address().port }
      await opener.send(RelayOpen.encode(paddedOpen(smallest(host, port), network.provider.answers.account)))
      const { grant } = RelayFrame.decode((await opener.receive())!)
      let echoes = 0
      victim.on('message', datagram => {
        if (isEcho(datagram)) echoes++
      })
      // As if the opener had forged the victim's address.
      for (let i = 0; i < 50; i++)
        victim.send(challengeOf(grant!.tag, randomBytes(NONCE_BYTES)), network.relay.port, HOST)
      while (network.relay.stats.dropped['wrong-source'] < 50 - CHALLENGES) await new Promise(setImmediate)
      await opener.close()
      expect(echoes).to.be.at.most(CHALLENGES)
    })

    for (const [name, encode] of [
      [
        'as short as they can be',
        (request: RelayRequest) =>
          RelayOpen.encode({
            ...{ ...request, provider: accountOf(network) },
            ...{ token: NO_TOKEN, padding: new Uint8Array(0) },
          }),
      ],
      ['padded', (request: RelayRequest) => RelayOpen.encode(paddedOpen(request, network.provider.answers.account))],
    ] as const) {
      it(`256 openings from 32 peers (${name}) reflect no more bytes than they have`, async () => {
        const startMs = performance.now()
        const { port } = victim.address()
        const openings = Array.from({ length: OPENINGS }, (_, i) =>
          openAt(encode(smallest(VICTIM_HOST, port)), `stranger ${i % PEERS}`),
        )
        const openedBytes = (await Promise.all(openings)).reduce((sum, bytes) => sum + bytes, 0)
        const seconds = Math.ceil((performance.now() - startMs) / 1000) + 1 // touched by the attack
        expect(network.relay.stats.granted).to.equal(OPENINGS)
        expect(reflectedBytes).to.be.within(CHALLENGE_IP_BYTES, openedBytes)
        expect(reflectedBytes).to.be.at.most(seconds * CHALLENGES_PER_HOST * CHALLENGE_IP_BYTES)
      })
    }

    it('one opening reflects no more bytes than it has, however short it is', async () => {
      const request = {
        ...smallest(VICTIM_HOST, victim.address().port),
        ...{ provider: accountOf(network), token: NO_TOKEN, padding: new Uint8Array(0) },
      }
      const openedBytes = await openAt(RelayOpen.encode(request), 'stranger')
      expect(reflectedBytes).to.be.within(CHALLENGE_IP_BYTES, openedBytes)
    })

    it('strangers cannot use up the challenges that a verifier’s sessions need', async () => {
      verifier = await bound(HOST)
      verifier.once('message', (datagram, { port, address }) => verifier!.send(echoOf(datagram), port, address))
      const request = smallest(HOST, verifier.address().port)
      const client = new RelayClient(network.openProvider('verifier'), request.sessionId)
      await client.open(request, network.provider.answers, PATIENCE_MS)
      expect(await client.ready).to.equal(true)
      // The strangers alone want more in a second than the cap for a host that has never echoed.
      const openings = Array.from({ length: OPENINGS }, (_, i) =>
        openAt(
          RelayOpen.encode(paddedOpen(smallest(HOST, request.nextHopPort), network.provider.answers.account)),
          `stranger ${i % PEERS}`,
        ),
      )
      await Promise.all(openings)
      expect(network.relay.stats.challenges).to.be.greaterThan(4 * CHALLENGES_PER_HOST)
    })

    it('six honest verifiers at one address are validated, on round trips of 150 ms that lose 5 % each way', async () => {
      const path = await LossyHop.open()
      try {
        const ready = Array.from({ length: 6 * SESSIONS_OF_A_VERIFIER }, async (_, i) => {
          const request = smallest(HOST, path.port)
          const client = new RelayClient(network.openProvider(`peer ${i % 6}`), request.sessionId)
          const answer = await client.open(request, network.provider.answers, PATIENCE_MS)
          if (answer.kind !== 'grant') throw new Error('the relay refused')
          path.expectLater(answer.grant.tag)
          return client.ready
        })
        expect(await Promise.all(ready)).to.not.include(false)
        expect(path.lost, 'challenges and echoes').to.be.greaterThan(0)
      } finally {
        path.close()
      }
    })
  })
