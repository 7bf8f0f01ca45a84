/**
 * Mutated frames of an opener that pays, at one session of a relay. `npm run fuzz` has a million. No frame but a payment
 * that the payer signed is worth a byte, and a malformed one ends the session.
 */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { OpenerFrame } from '../../../proto/messages.js'
import { fuzz, fuzzTimeoutMs, runsOf } from '../../../proto/test/fuzz.js'
import { mutated } from '../../../proto/test/mutations.js'
import type { Voucher } from '../../../proto/voucher.js'
import { MOST_VOID_PAYMENTS, PAYMENTS_PER_SECOND } from '../../constants.js'
import { Allowance } from '../../plane/allowance.js'
import type { ProviderStream } from '../../ports.js'
import { newPeer } from '../../test/harness.js'
import { counterSign, ReceiptChain, receiptStart } from '../../wire/receipts.js'
import { Paying } from '../paying.js'
import { RelaySession } from '../relay-session.js'

const CHANNEL = randomBytes(32)
const RECEIPTS = 3
const PAID_TOTAL = 3_000_000
const [GRANTED_BYTES, RATE_KBPS] = [1000, 1000]

describe('fuzzed payments', function () {
  this.timeout(fuzzTimeoutMs())

  it('add no byte to a session, whatever was changed in a payment', async () => {
    const [payer, provider] = [newPeer(), newPeer()]
    let nowMs = 0
    let total = PAID_TOTAL
    let signatures = 0
    const payments = {
      accept: async (voucher: Voucher, signature: Uint8Array) => {
        if (voucher.channel !== toHex(CHANNEL) || voucher.total <= total) return undefined
        signatures++
        const isSigned = await payer.vouchers(voucher, signature).catch(() => false)
        if (!isSigned) return undefined
        const bytes = voucher.total - total
        total = voucher.total
        return { bytes, isPremium: false }
      },
    }
    const [sessionId, tag] = [randomBytes(32), randomBytes(8)]
    const chain = new ReceiptChain(sessionId, tag)
    const receipts = await Promise.all(
      Array.from({ length: RECEIPTS }, (_, i) => chain.next(i * 1_000_000, i * 100, provider.voucherSigner)),
    )
    const points = [receiptStart(sessionId, tag), ...receipts]
    const encoded = (counter: Parameters<typeof OpenerFrame.encode>[0]) => Buffer.from(OpenerFrame.encode(counter))
    const payment = async (signer: typeof payer, point: (typeof points)[0], channel: Hex, sum: number) =>
      encoded({
        counter: await counterSign(point, sum, signer.voucherSigner, { channel: fromHex(channel), total: sum }),
      })
    const samples = [
      ...(await Promise.all(points.map(point => payment(payer, point, toHex(CHANNEL), PAID_TOTAL)))),
      await payment(provider, points[1]!, toHex(CHANNEL), 2 * PAID_TOTAL),
      await payment(payer, points[1]!, toHex(randomBytes(32)), 2 * PAID_TOTAL),
      encoded({ counter: await counterSign(points[1]!, 5, payer.voucherSigner) }),
      encoded({ served: { slots: 3, signature: randomBytes(65) } }),
      encoded({ finish: { sessionId } }),
    ]
    const heard = { voids: 0, finished: 0, ended: 0 }
    await fuzz(
      'payments',
      mutated(samples),
      async frame => {
        nowMs += 1000 / PAYMENTS_PER_SECOND
        const paying = new Paying(payments, { now: () => nowMs }, points[0]!)
        for (const receipt of receipts) paying.add(receipt)
        const allowance = new Allowance(GRANTED_BYTES, RATE_KBPS)
        const frames = Array<Uint8Array | undefined>(MOST_VOID_PAYMENTS + 1).fill(frame)
        const stream: ProviderStream = {
          remoteHost: '127.0.0.1',
          send: async () => {},
          receive: async () => frames.pop(),
          close: async () => {},
        }
        const session = new RelaySession({
          ...{ sessionId, tag, stream, paying, voucherSigner: provider.voucherSigner },
          clock: { now: () => nowMs },
          takeServed: async () => false,
        })
        let voids = 0
        const finished = await session.hear(1000, paid => {
          if (paid === undefined) voids++
          else allowance.pay(paid.bytes)
          frames.length = Math.min(frames.length, 1) // once more is enough
        })
        heard.voids += voids
        if (finished) heard.finished++
        else heard.ended++
        expect(paying.paidBytes).to.equal(0)
        expect(allowance.has(GRANTED_BYTES + 1)).to.equal(false)
      },
      runsOf(20_000),
    )
    expect(total).to.equal(PAID_TOTAL)
    expect(Math.min(heard.voids, heard.finished, heard.ended, signatures)).to.be.above(0)
  })
})
