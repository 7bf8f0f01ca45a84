import { randomBytes } from 'node:crypto'
import type { RemoteInfo } from 'node:dgram'
import { expect } from 'chai'
import { CHALLENGE_BYTES, IP_DATAGRAM_BYTES, IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'
import { type CounterReceipt, RelayFrame, RelayOpen } from '../../../proto/messages.js'
import { OPEN_BYTES, POLICE_BURST_MS } from '../../constants.js'
import { Condition } from '../../deadline.js'
import { REFUSE } from '../../plane/forwarding.js'
import type { ProviderStream } from '../../ports.js'
import { BACKENDS, HOST, Network, type NetworkOptions, newPeer, PATIENCE_MS } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { shapeOf } from '../../verdict/session-shape.js'
import { echoOf, isChallenge } from '../../wire/path-validation.js'
import { checkReceipts, counterSign } from '../../wire/receipts.js'
import { isRefusalOf, paddedOpen, RelayClient, type RelayRequest } from '../../wire/relay-client.js'

const CLAIM_KBPS = 10_000

/** A UDP port that keeps incoming datagrams. */
class Hop {
  readonly got: { datagram: Buffer; source: RemoteInfo }[] = []
  readonly condition = new Condition()
  udp!: PlainUdp

  static async open(answersChallenges = true): Promise<Hop> {
    const hop = new Hop()
    hop.udp = await PlainUdp.open((datagram, source) => {
      hop.got.push({ datagram, source })
      if (answersChallenges && isChallenge(datagram)) hop.udp.send(echoOf(datagram), source.port)
      hop.condition.changed()
    })
    return hop
  }

  get data(): Buffer[] {
    return this.got.map(({ datagram }) => datagram).filter(datagram => !isChallenge(datagram))
  }

  holds(count: number): Promise<boolean> {
    return this.condition.until(() => this.data.length >= count, PATIENCE_MS)
  }
}

const WAYS = BACKENDS.flatMap((backend): Pick<NetworkOptions, 'backend' | 'offload'>[] =>
  backend === 'mmsg' ? [{ backend }, { backend, offload: true }] : [{ backend }],
)

for (const way of WAYS)
  describe(`relay over ${way.backend}${way.offload ? ' with offload' : ''}`, () => {
    let network: Network
    let nextHop: Hop
    let source: Hop
    const streams: ProviderStream[] = []

    beforeEach(async () => {
      network = await Network.open({ claimKbps: CLAIM_KBPS, ...way })
      nextHop = await Hop.open()
      source = await Hop.open()
    })

    afterEach(async () => {
      for (const stream of streams.splice(0)) await stream.close()
      await Promise.all([network.close(), nextHop.udp.close(), source.udp.close()])
    })

    const request = (more: Partial<RelayRequest> = {}): RelayRequest => ({
      sessionId: randomBytes(32),
      nextHopHost: HOST,
      nextHopPort: nextHop.udp.port,
      budgetBytes: 100 * IP_DATAGRAM_BYTES,
      rateKbps: 1000,
      durationMs: 5000,
      ...more,
    })

    async function open(more: Partial<RelayRequest> = {}, peer = 'a') {
      const stream = network.openProvider(peer)
      streams.push(stream)
      const wanted = request(more)
      const client = new RelayClient(stream, wanted.sessionId)
      return { client, wanted, answer: await client.open(wanted, network.provider.answers, PATIENCE_MS) }
    }

    async function openReady(more: Partial<RelayRequest> = {}) {
      const { client, wanted, answer } = await open(more)
      if (answer.kind !== 'grant') throw new Error('the relay refused')
      expect(await client.ready).to.equal(true)
      const { tag, udpPort } = answer.grant
      const send = (rest: Uint8Array, from = source) => from.udp.send(Buffer.concat([tag, rest]), udpPort)
      return { client, wanted, tag, send }
    }

    /** Resolves once the relay has handled every datagram sent so far. */
    async function settled(...others: readonly Hop[]): Promise<void> {
      const { stats } = network.relay
      const hops = [source, nextHop, ...others]
      const sent = () => hops.reduce((sum, hop) => sum + hop.udp.sent, 0)
      const taken = () => Object.values(stats.dropped).reduce((a, b) => a + b, stats.forwarded + stats.echoes)
      while (taken() < sent()) await new Promise(resolve => setImmediate(resolve))
    }

    it('forwards a session’s datagrams unchanged and in order, with a receipt at the end', async () => {
      const { client, wanted, tag, send } = await openReady()
      const payloads = [randomBytes(1192), randomBytes(16), randomBytes(500)]
      for (const payload of payloads) send(payload)
      expect(await nextHop.holds(3)).to.equal(true)
      expect(nextHop.data.map(datagram => datagram.subarray(8))).to.deep.equal(payloads)
      await client.finish()
      await client.ended // it waits for this only a moment
      expect(client.receipts).to.have.length(1)
      expect(client.receipts[0]!.bytes).to.equal(1192 + 16 + 500 + 3 * 36)
      const head = await checkReceipts(client.receipts, { ...wanted, tag }, network.provider.vouchers)
      expect(head).to.deep.equal(client.receipts[0]!.head)
      expect(network.relay.stats.sessions).to.equal(0)
    })

    it('accepts a counter-signature of its last receipt, and of no other, after the session', async () => {
      const heard = async (change: (counter: CounterReceipt) => CounterReceipt) => {
        const { client, send } = await openReady()
        send(randomBytes(1192))
        await settled()
        await client.finish()
        await client.ended // it waits for this only a moment
        expect(network.relay.stats.sessions).to.equal(0)
        const counter = await counterSign(client.receipts.at(-1)!, 1000, network.receiverPeer.voucherSigner)
        await client.handOver(change(counter))
        await streams.at(-1)!.receive() // undefined: the relay is done with it
        return network.relay.stats.counterSigned
      }
      expect(await heard(counter => ({ ...counter, head: randomBytes(32) }))).to.equal(0)
      expect(await heard(counter => ({ ...counter, sessionId: randomBytes(32) }))).to.equal(0)
      expect(await heard(counter => counter)).to.equal(1)
      expect(network.relay.stats.counterSignedBytes).to.equal(1000)
    })

    it('sends only bounded challenges to a next hop that does not echo, and then gives up the session', async () => {
      const victim = await Hop.open(false)
      try {
        const { client, answer } = await open({ nextHopPort: victim.udp.port })
        if (answer.kind !== 'grant') throw new Error('the relay refused')
        const { tag, udpPort } = answer.grant
        for (let i = 0; i < 200; i++) source.udp.send(Buffer.concat([tag, randomBytes(1192)]), udpPort)
        // The right echo from a wrong address validates nothing;
        await victim.condition.until(() => victim.got.length > 0, PATIENCE_MS)
        source.udp.send(echoOf(victim.got[0]!.datagram), udpPort)
        // nor does a wrong nonce from the right address.
        const wrong = echoOf(victim.got[0]!.datagram)
        wrong[wrong.length - 1]! ^= 1
        victim.udp.send(wrong, udpPort)
        expect(await client.ready).to.equal(false)
        await settled(victim)
        expect(victim.got.every(({ datagram }) => isChallenge(datagram))).to.equal(true)
        const bytes = victim.got.length * (CHALLENGE_BYTES + IP_UDP_HEADER_BYTES)
        expect(bytes).to.be.at.most(OPEN_BYTES)
        const { stats } = network.relay
        expect(stats.forwarded).to.equal(0)
        expect(stats.dropped['wrong-echo']).to.equal(2)
        expect(stats.dropped['not-validated']).to.equal(200)
        expect(stats.sessions).to.equal(0)
      } finally {
        await victim.udp.close()
      }
    })

    it('polices a session to its granted rate', async () => {
      const rateKbps = 4000
      const { send } = await openReady({ rateKbps, budgetBytes: 4_000_000 })
      const startMs = performance.now()
      // Six times the granted rate, for at least 300 ms.
      for (let i = 0; i * IP_DATAGRAM_BYTES * 8 < 6 * rateKbps * 300; i++) {
        while (i * IP_DATAGRAM_BYTES * 8 > 6 * rateKbps * (performance.now() - startMs)) {
          await new Promise(resolve => setImmediate(resolve))
        }
        send(randomBytes(1192))
      }
      await settled()
      const elapsedMs = performance.now() - startMs
      const { forwarded, dropped } = network.relay.stats
      const burstBytes = (rateKbps * POLICE_BURST_MS) / 8
      expect(forwarded * IP_DATAGRAM_BYTES).to.be.at.most((rateKbps * 1.05 * elapsedMs) / 8 + burstBytes)
      expect(forwarded * IP_DATAGRAM_BYTES).to.be.at.least((rateKbps * 300) / 8)
      expect(dropped['over-rate']).to.be.greaterThan(100)
    })

    it('forwards no more than the budget', async () => {
      const { send } = await openReady({ rateKbps: 5000, budgetBytes: 3 * IP_DATAGRAM_BYTES })
      for (let i = 0; i < 5; i++) send(randomBytes(1192))
      await settled()
      expect(network.relay.stats.forwarded).to.equal(3)
      expect(network.relay.stats.dropped['over-budget']).to.equal(2)
    })

    it('drops and counts unknown tags, garbage, and a session’s tag from another address', async () => {
      const { send } = await openReady()
      send(randomBytes(100))
      send(randomBytes(100), nextHop)
      const { port } = network.relay
      source.udp.send(randomBytes(1200), port)
      source.udp.send(randomBytes(8), port)
      source.udp.send(randomBytes(1201), port)
      source.udp.send(new Uint8Array(0), port)
      await settled()
      const { dropped, forwarded } = network.relay.stats
      expect(forwarded).to.equal(1)
      expect(dropped['wrong-source']).to.equal(1)
      expect(dropped['unknown-tag']).to.equal(1)
      expect(dropped.malformed).to.equal(3)
      expect(source.got, 'nobody is answered').to.have.length(0)
    })

    it('forwards nothing of a session that has ended', async () => {
      const { client, send } = await openReady()
      await client.finish()
      await client.ended // it waits for this only a moment
      send(randomBytes(100))
      await settled()
      expect(network.relay.stats.forwarded).to.equal(0)
      expect(network.relay.stats.dropped['unknown-tag']).to.equal(1)
    })

    it('refuses, with its signature, a request that asks too much, is replayed, or makes no sense', async () => {
      const reasonOf = async (more: Partial<RelayRequest>, peer = 'a') => {
        const { answer } = await open(more, peer)
        return answer.kind === 'refuse' ? answer.refuse.reason : undefined
      }
      const most = shapeOf(CLAIM_KBPS)
      expect(await reasonOf(most)).to.equal(undefined)
      expect(await reasonOf({ rateKbps: Math.ceil(most.rateKbps * 1.03) })).to.equal(REFUSE.tooMuch)
      expect(await reasonOf({ budgetBytes: Math.ceil(most.budgetBytes * 1.03) })).to.equal(REFUSE.tooMuch)
      expect(await reasonOf({ durationMs: most.durationMs + 1 })).to.equal(REFUSE.tooMuch)
      expect(await reasonOf({ nextHopHost: 'example.org' })).to.equal(REFUSE.malformed)
      expect(await reasonOf({ nextHopHost: '::1' })).to.equal(REFUSE.family)
      expect(await reasonOf({ nextHopPort: 0 })).to.equal(REFUSE.malformed)
      expect(await reasonOf({ rateKbps: 0 })).to.equal(REFUSE.malformed)
      const sessionId = randomBytes(32)
      expect(await reasonOf({ sessionId })).to.equal(undefined)
      expect(await reasonOf({ sessionId })).to.equal(REFUSE.replayed)
      expect(await reasonOf({ sessionId }, 'b'), 'whoever asks').to.equal(REFUSE.replayed)
      expect(network.relay.stats.refused).to.include({ tooMuch: 3, malformed: 3, family: 1, replayed: 2 })
    })

    it('refuses a session for another account, and says with its own signature that it is another', async () => {
      const other = newPeer().answers
      const forOther = async () => {
        const stream = network.openProvider('a')
        streams.push(stream)
        return { stream, wanted: request() }
      }
      const { stream, wanted } = await forOther()
      await stream.send(RelayOpen.encode(paddedOpen(wanted, other.account)))
      const { refuse } = RelayFrame.decode((await stream.receive())!)
      expect(refuse).to.have.property('reason', REFUSE.otherProvider)
      expect(await isRefusalOf(refuse!, wanted.sessionId, network.provider.answers)).to.equal(true)
      expect(await isRefusalOf(refuse!, wanted.sessionId, other), 'no evidence against the other').to.equal(false)
      const again = await forOther()
      const client = new RelayClient(again.stream, again.wanted.sessionId)
      const error = await client.open(again.wanted, other, PATIENCE_MS).catch((cause: Error) => cause)
      expect(error).to.be.an('error').with.property('message', 'provider did not sign its answer')
      expect(network.relay.stats).to.deep.include({ granted: 0, sessions: 0 })
    })

    it('refuses next hops that it must not send to, and itself', async () => {
      const beyond = ['10.0.0.1', '192.168.1.1', '169.254.169.254', '224.0.0.1', '255.255.255.255', '0.0.0.0']
      for (const nextHopHost of beyond) {
        const { answer } = await open({ nextHopHost })
        expect(answer, nextHopHost).to.have.nested.property('refuse.reason', REFUSE.nextHop)
      }
      const { answer } = await open({ nextHopPort: network.relay.port })
      expect(answer, 'the relay itself').to.have.nested.property('refuse.reason', REFUSE.nextHop)
      expect(network.relay.stats).to.have.nested.property('refused.nextHop', beyond.length + 1)
      expect(network.relay.stats.challenges).to.equal(0)
    })

    it('follows a claim that changes', async () => {
      network.relay.setClaim(2 * CLAIM_KBPS)
      const { answer } = await open({ rateKbps: shapeOf(2 * CLAIM_KBPS).rateKbps })
      expect(answer.kind).to.equal('grant')
    })

    it('survives a stream that speaks nonsense, and one that ends', async () => {
      for (const nonsense of [randomBytes(50), new Uint8Array(0)]) {
        const stream = network.openProvider('a')
        await stream.send(nonsense)
        expect(await stream.receive()).to.equal(undefined)
      }
      const gone = network.openProvider('a')
      await gone.send(RelayOpen.encode(paddedOpen(request(), network.provider.answers.account)))
      const grant = RelayFrame.decode((await gone.receive())!)
      expect(grant).to.have.property('grant')
      await gone.close()
      const { client, answer } = await open()
      expect(answer.kind).to.equal('grant')
      expect(await client.ready).to.equal(true)
    })
  })
