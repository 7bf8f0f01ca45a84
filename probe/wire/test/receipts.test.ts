import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'
import { type Receipt, RelayFrame } from '../../../proto/messages.js'
import { RECEIPT_BYTES } from '../../constants.js'
import { Forwarded } from '../../plane/forwarded.js'
import { newPeer } from '../../test/harness.js'
import { checkReceipts, ReceiptChain } from '../receipts.js'

const provider = newPeer()
const sessionId = randomBytes(32)
const tag = randomBytes(8)
const of = { sessionId, tag }

async function chainOf(receipts: number) {
  const chain = new ReceiptChain(sessionId, tag)
  const forwarded = new Forwarded(10_000, IP_UDP_HEADER_BYTES)
  const made = []
  for (let i = 0; i < receipts; i++) {
    let datagrams = 1
    while (!forwarded.add(1200)) datagrams++
    expect(datagrams * 1228).to.be.within(RECEIPT_BYTES, RECEIPT_BYTES + 1228)
    const bytes = forwarded.next()!
    made.push(await chain.next(bytes, 100 * i, provider.voucherSigner))
  }
  return made
}

describe('receipts', () => {
  it('are due about every MiB, and the last head proves a whole chain', async () => {
    const receipts = await chainOf(3)
    const head = await checkReceipts(receipts, of, provider.vouchers)
    expect(head).to.deep.equal(receipts[2]!.head)
    expect(receipts.map(receipt => receipt.sequence)).to.deep.equal([1, 2, 3])
  })

  it('are due at most ten times a second, however fast the session', () => {
    const forwarded = new Forwarded(800_000, IP_UDP_HEADER_BYTES)
    let datagrams = 1
    while (!forwarded.add(1200) && datagrams < 20_000) datagrams++
    expect(datagrams * 1228).to.be.within(10_000_000, 10_000_000 + 1228)
  })

  it('go on after 4 GiB, and after the 49 days that they can state', async () => {
    const chain = new ReceiptChain(sessionId, tag)
    const days = 86_400_000
    const receipts: Receipt[] = []
    for (const [bytes, elapsedMs] of [
      [2 ** 32 - 1, 49 * days],
      [2 ** 32, 50 * days],
      [2 ** 40, 51 * days],
    ] as const) {
      const receipt = await chain.next(bytes, elapsedMs, provider.voucherSigner)
      receipts.push(RelayFrame.decode(RelayFrame.encode({ receipt })).receipt!)
    }
    expect(receipts.map(({ bytes }) => bytes)).to.deep.equal([2 ** 32 - 1, 2 ** 32, 2 ** 40])
    expect(receipts.map(({ elapsedMs }) => elapsedMs)).to.deep.equal([49 * days, 2 ** 32 - 1, 2 ** 32 - 1])
    expect(await checkReceipts(receipts, of, provider.vouchers)).to.deep.equal(receipts[2]!.head)
    const short = receipts.with(1, { ...receipts[1]!, bytes: 0 })
    expect(await checkReceipts(short, of, provider.vouchers), '4 GiB are not 0').to.equal(undefined)
  })

  it('fail if one is changed, left out, of another session, or not the provider’s', async () => {
    const receipts = await chainOf(3)
    const check = (changed: typeof receipts, more: Partial<typeof of> = {}, by = provider) =>
      checkReceipts(changed, { ...of, ...more }, by.vouchers)
    expect(await check([])).to.equal(undefined)
    expect(await check(receipts.slice(1))).to.equal(undefined)
    expect(await check(receipts.with(1, { ...receipts[1]!, bytes: receipts[1]!.bytes + 1 }))).to.equal(undefined)
    expect(await check(receipts.with(0, { ...receipts[0]!, elapsedMs: 5 }))).to.equal(undefined)
    expect(await check(receipts, { sessionId: randomBytes(32) })).to.equal(undefined)
    const elsewhere = receipts.map(receipt => ({ ...receipt, sessionId: randomBytes(32) }))
    expect(await check(elsewhere), 'what is counter-signed is of this session').to.equal(undefined)
    expect(await check(receipts, {}, newPeer())).to.equal(undefined)
  })
})
