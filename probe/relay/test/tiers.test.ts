/** Who goes first on a full link, over real UDP and in-memory streams. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { OpenerFrame } from '../../../proto/messages.js'
import type { Voucher } from '../../../proto/voucher.js'
import { CLASS_QUEUE_MS } from '../../constants.js'
import type { Payments } from '../../ports.js'
import { BACKENDS, type NetworkOptions, newPeer, story } from '../../test/harness.js'
import { shapeOf } from '../../verdict/session-shape.js'
import { bytesIn } from '../../verdict/share.js'
import { counterSign, receiptStart } from '../../wire/receipts.js'
import { Users } from './users.js'

const CLAIM_KBPS = 4000
const PREMIUM = randomBytes(32)
const BASIC = randomBytes(32)
const PAY_MS = 400
/** More than a session carries between two payments. */
const PAY_BYTES = 1 << 20
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

describe('tiers of a relay', () => {
  let users: Users
  let till: Till

  async function start(options: Partial<NetworkOptions>) {
    till = new Till()
    users = await Users.open({ claimKbps: CLAIM_KBPS, payments: till, ...options })
  }

  afterEach(() => users.close())

  const stats = () => users.network.relay.stats

  /** Opens a session. @returns also how it pays, and how it sends as fast as its grant allows */
  async function open(peer: string) {
    const session = await users.openSession(peer)
    const { stream, sessionId, tag, receipts } = session
    const beginning = receiptStart(sessionId, tag)
    let sessionBytes = 0
    const pay = async (channel: Buffer, bytes = PAY_BYTES) => {
      sessionBytes += bytes
      const { paidBytes } = stats()
      const total = (till.totals.get(`0x${channel.toString('hex')}`) ?? 0) + bytes
      const payment = { channel, total }
      const counter = await counterSign(receipts.at(-1) ?? beginning, sessionBytes, till.payer.voucherSigner, payment)
      await stream.send(OpenerFrame.encode({ counter }))
      await users.until(() => stats().paidBytes > paidBytes)
    }
    return { ...session, pay, flood: () => session.send(KBPS) }
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
        users.every(PAY_MS, () => void payer.pay(channel).catch(() => {}))
      }
      await users.until(() => stats().dropped['link-full'] > 100)
      const result = await users.network.measureUndisturbed()
      expect(result.outcome, story(users.network, result)).to.have.property('kind', 'verified')
      expect(stats().dropped['no-room'], 'payers leave probes their room').to.equal(0)
    })
  }

  it('a link of a known rate carries no more than that', async () => {
    const linkKbps = CLAIM_KBPS / 4
    await start({ linkKbps })
    const session = await open('unpaid')
    session.flood()
    await users.until(() => stats().dropped['link-full'] > 20)
    const [bytes, startMs] = [stats().forwardedBytes, performance.now()]
    await users.until(() => stats().dropped['link-full'] > 300)
    const ms = performance.now() - startMs
    const most = bytesIn(linkKbps, ms + CLASS_QUEUE_MS)
    expect(stats().forwardedBytes - bytes).to.be.at.most(1.05 * most)
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
    await users.until(() => honest.arrived() + cheat.arrived() >= 300)
    expect(honest.arrived(), `${honest.arrived()} and ${cheat.arrived()}`).to.be.above(2 * cheat.arrived())
  })

  it('without a rate, payers and others share what there is, and nothing waits', async () => {
    await start({})
    const [payer, other] = [await open('payer'), await open('other')]
    await payer.pay(BASIC)
    payer.flood()
    other.flood()
    await users.until(() => [payer, other].every(one => one.arrived() > 200))
    expect(stats().dropped['link-full']).to.equal(0)
  })
})
