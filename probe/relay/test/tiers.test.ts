/** Who goes first on a full link, over real UDP and in-memory streams. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import { OpenerFrame, type Receipt } from '../../../proto/messages.js'
import type { Voucher } from '../../../proto/voucher.js'
import { CLASS_QUEUE_MS } from '../../constants.js'
import type { Payments, ProviderStream } from '../../ports.js'
import { BACKENDS, HOST, Network, type NetworkOptions, newPeer, PATIENCE_MS, story } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { shapeOf } from '../../verdict/session-shape.js'
import { bytesIn } from '../../verdict/share.js'
import { echoOf, isChallenge } from '../../wire/path-validation.js'
import { counterSign, receiptStart } from '../../wire/receipts.js'
import { RelayClient } from '../../wire/relay-client.js'

const CLAIM_KBPS = 4000
const PREMIUM = randomBytes(32)
const BASIC = randomBytes(32)
const PAY_MS = 400
/** More than a session carries between two payments. */
const PAY_BYTES = 1 << 20
/** How often each payer's datagrams are sent. */
const SEND_MS = 5
const KBPS = shapeOf(CLAIM_KBPS).rateKbps

/** Believes everybody. */
class Till implements Payments {
  readonly payer = newPeer()
  readonly totals = new Map<string, number>()

  async accept({ channel, total }: Voucher) {
    const bytes = total - (this.totals.get(channel) ?? 0)
    this.totals.set(channel, total)
    return { bytes, isPremium: channel === `0x${PREMIUM.toString('hex')}` }
  }
}

describe('tiers of a relay', function () {
  this.timeout(120_000)
  let network: Network
  let till: Till
  let hop: PlainUdp
  let source: PlainUdp
  /** by tag */
  let arrived: Map<string, number>
  const streams: ProviderStream[] = []
  const timers: NodeJS.Timeout[] = []

  async function start(options: Partial<NetworkOptions>) {
    till = new Till()
    arrived = new Map()
    network = await Network.open({ claimKbps: CLAIM_KBPS, payments: till, ...options })
    hop = await PlainUdp.open((datagram, from) => {
      const tag = datagram.toString('hex', 0, TAG_BYTES)
      if (isChallenge(datagram)) hop.send(echoOf(datagram), from.port)
      else arrived.set(tag, (arrived.get(tag) ?? 0) + 1)
    })
    source = await PlainUdp.open(() => {})
  }

  afterEach(async () => {
    for (const timer of timers.splice(0)) clearInterval(timer)
    for (const stream of streams.splice(0)) await stream.close()
    await Promise.all([network.close(), hop.close(), source.close()])
  })

  async function until(holds: () => boolean) {
    const endMs = performance.now() + PATIENCE_MS
    while (!holds()) {
      if (performance.now() > endMs) throw new Error('waited in vain')
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }

  /** Opens a session. @returns its tag, and how it pays and floods */
  async function open(peer: string) {
    const stream = network.openProvider(peer)
    streams.push(stream)
    const sessionId = randomBytes(32)
    const receipts: Receipt[] = []
    const client = new RelayClient(stream, sessionId, receipt => receipts.push(receipt))
    const request = { sessionId, nextHopHost: HOST, nextHopPort: hop.port, ...shapeOf(CLAIM_KBPS) }
    const answer = await client.open(request, network.provider.answers, PATIENCE_MS)
    if (answer.kind !== 'grant') throw new Error(`refused: ${answer.refuse.reason}`)
    expect(await client.ready).to.equal(true)
    const { tag, udpPort } = answer.grant
    const beginning = receiptStart(sessionId, tag)
    let sessionBytes = 0
    const pay = async (channel: Buffer, bytes = PAY_BYTES) => {
      sessionBytes += bytes
      const { paidBytes } = network.relay.stats
      const total = (till.totals.get(`0x${channel.toString('hex')}`) ?? 0) + bytes
      const payment = { channel, total }
      const counter = await counterSign(receipts.at(-1) ?? beginning, sessionBytes, till.payer.voucherSigner, payment)
      await stream.send(OpenerFrame.encode({ counter }))
      await until(() => network.relay.stats.paidBytes > paidBytes)
    }
    /** Sends as fast as its grant allows, whoever is held up. */
    const flood = () => {
      const datagram = Buffer.concat([tag, randomBytes(DATAGRAM_BYTES - TAG_BYTES)])
      let [sent, startMs] = [0, performance.now()]
      const send = () => {
        const due = bytesIn(KBPS, performance.now() - startMs) / IP_DATAGRAM_BYTES
        for (; sent < due; sent++) source.send(datagram, udpPort)
        startMs = performance.now() - (sent * IP_DATAGRAM_BYTES) / bytesIn(KBPS, 1)
      }
      timers.push(setInterval(send, SEND_MS))
    }
    return { tag: Buffer.from(tag).toString('hex'), pay, flood }
  }

  for (const backend of BACKENDS) {
    it(`attack: payers fill three links, and an honest probe still reads the claim, over ${backend}`, async () => {
      const linkKbps = 2 * CLAIM_KBPS
      await start({ linkKbps, backend })
      for (let i = 0; i * KBPS < 3 * linkKbps; i++) {
        const payer = await open(`payer ${i}`)
        const channel = i % 2 === 0 ? PREMIUM : BASIC
        await payer.pay(channel)
        payer.flood()
        timers.push(setInterval(() => void payer.pay(channel).catch(() => {}), PAY_MS))
      }
      await until(() => network.relay.stats.dropped['link-full'] > 100)
      const result = await network.measureUndisturbed()
      expect(result.outcome, story(network, result)).to.have.property('kind', 'verified')
      expect(network.relay.stats.dropped['no-room'], 'payers leave probes their room').to.equal(0)
    })
  }

  it('a link of a known rate carries no more than that', async () => {
    const linkKbps = CLAIM_KBPS / 4
    await start({ linkKbps })
    const session = await open('unpaid')
    const { stats } = network.relay
    session.flood()
    await until(() => stats.dropped['link-full'] > 20)
    const [bytes, startMs] = [stats.forwardedBytes, performance.now()]
    await until(() => stats.dropped['link-full'] > 300)
    const ms = performance.now() - startMs
    const most = bytesIn(linkKbps, ms + CLASS_QUEUE_MS)
    expect(stats.forwardedBytes - bytes).to.be.at.most(1.05 * most)
  })

  it('attack: who pays once for priority, and then without it, has none', async () => {
    await start({ linkKbps: CLAIM_KBPS / 4 })
    const [honest, cheat] = [await open('honest'), await open('cheat')]
    await honest.pay(PREMIUM)
    await cheat.pay(PREMIUM)
    await cheat.pay(BASIC, 1)
    await cheat.pay(PREMIUM)
    honest.flood()
    cheat.flood()
    const of = ({ tag }: { readonly tag: string }) => arrived.get(tag) ?? 0
    await until(() => of(honest) + of(cheat) >= 300)
    expect(of(honest), `${of(honest)} and ${of(cheat)}`).to.be.above(2 * of(cheat))
  })

  it('without a rate, payers and others share what there is, and nothing waits', async () => {
    await start({})
    const [payer, other] = [await open('payer'), await open('other')]
    await payer.pay(BASIC)
    payer.flood()
    other.flood()
    await until(() => [payer, other].every(({ tag }) => (arrived.get(tag) ?? 0) > 200))
    expect(network.relay.stats.dropped['link-full']).to.equal(0)
  })
})
