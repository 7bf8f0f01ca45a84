/** A user pays a relay for what it carries, over real UDP and in-memory streams. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { toHex } from '../../../proto/hex.js'
import { type CounterReceipt, OpenerFrame, type Receipt } from '../../../proto/messages.js'
import type { Voucher } from '../../../proto/voucher.js'
import { LEAST_PAID_BYTES, MOST_VOID_PAYMENTS, PAID_WINDOW_BYTES } from '../../constants.js'
import { Condition } from '../../deadline.js'
import { REFUSE } from '../../plane/forwarding.js'
import type { Payments, ProviderStream } from '../../ports.js'
import { HOST, Network, type NetworkOptions, newPeer, PATIENCE_MS } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { echoOf, isChallenge } from '../../wire/path-validation.js'
import { counterSign, type ReceiptPoint, receiptStart } from '../../wire/receipts.js'
import { RelayClient, type RelayRequest } from '../../wire/relay-client.js'

const CLAIM_KBPS = 100_000
const CHANNEL = randomBytes(32)
const NOBODY = { classOf: () => 'stranger' as const }

/** A till with one channel, whose signer is `payer`. */
class Till implements Payments {
  readonly payer = newPeer()
  total = 0
  /** whether its channel pays for priority */
  isPremium = false
  /** whether the disk takes nothing */
  isFull = false

  async accept(voucher: Voucher, signature: Uint8Array) {
    if (this.isFull) throw new Error('no space left')
    if (voucher.channel !== toHex(CHANNEL) || voucher.total <= this.total) return undefined
    if (!(await this.payer.vouchers(voucher, signature))) return undefined
    const bytes = voucher.total - this.total
    this.total = voucher.total
    return { bytes, isPremium: this.isPremium }
  }
}

describe('payments to a relay', () => {
  let network: Network
  let till: Till
  let hop: PlainUdp
  let source: PlainUdp
  let arrived: number
  const condition = new Condition()
  const streams: ProviderStream[] = []

  async function start(options: Partial<NetworkOptions> = {}) {
    till = new Till()
    arrived = 0
    network = await Network.open({ claimKbps: CLAIM_KBPS, payments: till, ...options })
    hop = await PlainUdp.open((datagram, from) => {
      if (isChallenge(datagram)) hop.send(echoOf(datagram), from.port)
      else arrived++
      condition.changed()
    })
    source = await PlainUdp.open(() => {})
  }

  afterEach(async () => {
    for (const stream of streams.splice(0)) await stream.close()
    await Promise.all([network.close(), hop.close(), source.close()])
  })

  async function open(more: Partial<RelayRequest> = {}, host = HOST, peer = 'user') {
    const stream = network.openProvider(peer, host)
    streams.push(stream)
    const sessionId = randomBytes(32)
    const receipts: Receipt[] = []
    const client = new RelayClient(stream, sessionId, receipt => {
      receipts.push(receipt)
      condition.changed()
    })
    const request = {
      ...{ sessionId, nextHopHost: HOST, nextHopPort: hop.port },
      ...{ rateKbps: 40_000, budgetBytes: 2 * PAID_WINDOW_BYTES, durationMs: 10_000, ...more },
    }
    const answer = await client.open(request, network.provider.answers, PATIENCE_MS)
    return { answer, client, receipts, sessionId, stream }
  }

  async function openReady(more: Partial<RelayRequest> = {}) {
    const opened = await open(more)
    const { answer, client, receipts, sessionId, stream } = opened
    if (answer.kind !== 'grant') throw new Error(`refused: ${answer.refuse.reason}`)
    expect(await client.ready).to.equal(true)
    const { tag, udpPort } = answer.grant
    const start = receiptStart(sessionId, tag)
    const pay = async (total: number, point: ReceiptPoint = receipts.at(-1) ?? start, change: Change = same) => {
      const payment = { channel: CHANNEL, total }
      const counter = await counterSign(point, total, till.payer.voucherSigner, payment)
      await stream.send(OpenerFrame.encode({ counter: change(counter) }))
    }
    /** Sends so many full datagrams, at a rate that the session may have. @returns how many of them arrived */
    const carry = async (count: number) => {
      const before = arrived
      const { stats } = network.relay
      const taken = () => Object.values(stats.dropped).reduce((a, b) => a + b, stats.forwarded)
      for (let sent = 0; sent < count; ) {
        const goal = taken() + Math.min(50, count - sent)
        for (; sent < count && taken() < goal && source.sent < sentSoFar + 50; sent++)
          source.send(Buffer.concat([tag, randomBytes(1192)]), udpPort)
        sentSoFar = source.sent
        await until(() => taken() >= goal)
        await new Promise(resolve => setTimeout(resolve, 10)) // 50 datagrams in 10 ms are less than 50 Mbit/s
      }
      await until(() => arrived === stats.forwarded)
      return arrived - before
    }
    let sentSoFar = source.sent
    return { ...opened, start, pay, carry }
  }

  type Change = (counter: CounterReceipt) => CounterReceipt
  const same: Change = counter => counter

  async function until(holds: () => boolean) {
    const endMs = performance.now() + PATIENCE_MS
    while (!holds()) {
      if (performance.now() > endMs) throw new Error('waited in vain')
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  const paid = (bytes: number) => until(() => network.relay.stats.paidBytes === bytes)
  const voided = (count: number) => until(() => network.relay.stats.voidPayments === count)

  it('take a session on beyond its budget, as far as they go and the window', async () => {
    await start()
    const { carry, pay } = await openReady({ budgetBytes: 100 * IP_DATAGRAM_BYTES })
    expect(await carry(120)).to.equal(100)
    expect(network.relay.stats.dropped['over-budget']).to.equal(20)
    await pay(100 * IP_DATAGRAM_BYTES)
    await paid(100 * IP_DATAGRAM_BYTES)
    const window = Math.floor((40_000 * 1000) / 8 / IP_DATAGRAM_BYTES)
    expect(await carry(window + 30), 'a second at the granted rate').to.equal(window)
    await pay(150 * IP_DATAGRAM_BYTES)
    await paid(150 * IP_DATAGRAM_BYTES)
    expect(await carry(80)).to.equal(50)
  })

  it('are taken for each receipt of the session, for its beginning, and after its end', async () => {
    await start()
    const { client, receipts, start: beginning, carry, pay } = await openReady()
    await pay(20_000, beginning)
    await paid(20_000)
    await carry(2000)
    await until(() => receipts.length >= 2)
    await pay(30_000, receipts[0])
    await paid(30_000)
    await client.finish()
    await client.ended
    expect(network.relay.stats.sessions).to.equal(0)
    await pay(40_000)
    await paid(40_000)
    expect(network.relay.stats.voidPayments).to.equal(0)
  })

  it('attack: a forged, stale, foreign or wrongly signed payment adds nothing and is counted', async () => {
    await start()
    const { carry, pay, start: beginning } = await openReady({ budgetBytes: 10 * IP_DATAGRAM_BYTES })
    expect(await carry(10)).to.equal(10)
    await pay(20_000)
    await paid(20_000)
    const changes: [string, Change][] = [
      ['replayed', same],
      ['of fewer bytes', counter => ({ ...counter, total: 10_000 })],
      ['of more bytes than were signed', counter => ({ ...counter, total: 1_000_000 })],
      ['of another channel', counter => ({ ...counter, channel: randomBytes(32) })],
      ['of another session', counter => ({ ...counter, sessionId: randomBytes(32) })],
      ['of no receipt', counter => ({ ...counter, head: randomBytes(32) })],
      ['of another time', counter => ({ ...counter, elapsedMs: 7 })],
      ['without a channel', ({ channel: _, total: __, ...counter }) => counter],
      ['unsigned', counter => ({ ...counter, signature: new Uint8Array(65) })],
    ]
    for (const [i, [what, change]] of changes.entries()) {
      await pay(20_000, beginning, change)
      await voided(i + 1).catch(() => expect.fail(what))
    }
    expect(network.relay.stats.paidBytes).to.equal(20_000)
  })

  it('attack: a hundred void payments, or a malformed frame, end the session', async () => {
    await start()
    const first = await openReady()
    for (let i = 0; i < MOST_VOID_PAYMENTS; i++) await first.pay(0)
    await first.client.ended
    const second = await openReady()
    await second.stream.send(randomBytes(40))
    await second.client.ended
    expect(network.relay.stats.sessions).to.equal(0)
  })

  it('attack: a flood of payments of a byte each is cut, and holds no session open', async () => {
    await start()
    const { client, pay } = await openReady({ durationMs: 1500 })
    let [total, isOver] = [0, false]
    void client.ended.then(() => {
      isOver = true
    })
    while (!isOver) {
      await pay(++total).catch(() => {})
      await new Promise(resolve => setTimeout(resolve, 30))
    }
    expect(network.relay.stats.paidBytes).to.be.at.most(60)
    expect(network.relay.stats.sessions).to.equal(0)
  })

  it('keep a session that is in use beyond its time', async () => {
    await start()
    const { client, pay } = await openReady({ durationMs: 5000 })
    let isOver = false
    void client.ended.then(() => {
      isOver = true
    })
    for (let i = 1; i <= 16; i++) {
      await pay((i * LEAST_PAID_BYTES) / 2)
      await paid((i * LEAST_PAID_BYTES) / 2)
      await new Promise(resolve => setTimeout(resolve, 400))
    }
    expect(isOver).to.equal(false)
  })

  it('that cannot be kept add nothing, and end the session', async () => {
    await start()
    const { client, pay } = await openReady()
    till.isFull = true
    await pay(1000)
    await client.ended
    expect(network.relay.stats.paidBytes).to.equal(0)
    expect(network.relay.stats.sessions).to.equal(0)
  })

  it('attack: strangers of one prefix take turns, and are refused what the prefix has not paid for', async () => {
    const budgetBytes = 100 * IP_DATAGRAM_BYTES
    await start({ access: NOBODY, credit: { bytes: 2 * budgetBytes, periodMs: 3_600_000 } })
    const first = await openReady({ budgetBytes })
    await first.carry(100)
    await first.client.finish()
    await first.client.ended
    await first.client.close()
    // The credit line ends with the stream, and half of the credit is gone.
    const second = await open({ budgetBytes }, '127.0.0.9', 'second')
    expect(second.answer.kind).to.equal('grant')
    const third = await open({ budgetBytes: 1 }, '127.0.0.77', 'third')
    expect(third.answer).to.have.nested.property('refuse.reason', REFUSE.credit)
    expect((await open({ budgetBytes }, '127.0.1.1', 'fourth')).answer.kind).to.equal('grant')
  })

  it('give the prefix its credit back', async () => {
    const budgetBytes = 100 * IP_DATAGRAM_BYTES
    await start({ access: NOBODY, credit: { bytes: budgetBytes, periodMs: 3_600_000 } })
    for (let i = 1; i <= 3; i++) {
      const { carry, client, pay } = await openReady({ budgetBytes })
      expect(await carry(100)).to.equal(100)
      await client.finish()
      await client.ended
      await pay(i * budgetBytes)
      await paid(i * budgetBytes)
      await client.close()
    }
  })
})
