/**
 * Mutated streams at an exit, and mutated vouchers at a till. `npm run fuzz` has a million streams. No stream reaches a
 * destination that the exit refuses, none is paid for by what its payer did not sign, and none holds the exit up.
 */
import { randomBytes } from 'node:crypto'
import { Duplex } from 'node:stream'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import fc from 'fast-check'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { OpenerFrame } from '../../../proto/messages.js'
import { fuzz, fuzzTimeoutMs, runsOf } from '../../../proto/test/fuzz.js'
import { mutated } from '../../../proto/test/mutations.js'
import { channelId, type Voucher } from '../../../proto/voucher.js'
import { voucherSigner, voucherSignerOf } from '../../../verifier/chain/vouchers.js'
import { ByteReader } from '../../core/byte-reader.js'
import { decodeDestination, encodeDestination, STREAM_KIND } from '../../core/destination.js'
import { MessageFrames } from '../../core/message-frames.js'
import { VoucherBook } from '../../provider/vouchers/voucher-book.js'
import type { KeptVoucher } from '../../provider/vouchers/voucher-store.js'
import { ExitSession } from '../exit-session.js'
import { newExitStats } from '../exit-stats.js'
import { Reaching } from '../reaching.js'

const NETWORK = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` as Hex }
const SIGNER = Wallet.createRandom()
const ACCOUNT = SIGNER.address.toLowerCase() as Hex
const SESSION_ID = randomBytes(32)
/** A check of a signature takes half a millisecond: there is one of them for so many streams. */
const STREAMS_A_VOUCHER = 10
const MOST_BYTES = 4096

const channel = { number: 1, payer: ACCOUNT, payee: ACCOUNT, signer: ACCOUNT, price: 1024n }
const funded = { id: channelId(NETWORK, channel), channel, deposit: 10n ** 18n, paid: 0n, closesAt: undefined }

const destinations = [
  { host: 'example.org', port: 443 },
  { host: '10.0.0.1', port: 80 },
  { host: '::ffff:127.0.0.1', port: 65_535 },
  { host: 'x'.repeat(255), port: 1 },
].map(one => Buffer.from(encodeDestination(one)))

/** Of names alone: a literal that is changed may become the address of somebody, and this test must not connect there. */
const named = ['example.org', 'x'.repeat(255)].map(host => Buffer.from(encodeDestination({ host, port: 443 })))

const framed = (message: Uint8Array) =>
  Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), Buffer.from(message)])

/** A till that keeps vouchers in memory. */
function tillOf() {
  const kept = new Map<Hex, KeptVoucher>()
  const store = {
    newest: (id: Hex) => kept.get(id),
    put: async (id: Hex, one: KeptVoucher) => void kept.set(id, one),
  }
  const channels = {
    find: async (id: Hex) => (id === funded.id ? { ...funded, isPremium: false, redeemedBytes: 0 } : undefined),
  }
  const signerOf = (voucher: Voucher, signature: Uint8Array) => voucherSignerOf(NETWORK, voucher, signature)
  return { kept, book: new VoucherBook({ store, channels, signerOf }) }
}

/** What a client sends at once on a stream, which it then ends. */
class GivenStream extends Duplex {
  answered = 0

  constructor(bytes: Uint8Array) {
    super()
    if (bytes.length > 0) this.push(bytes)
    this.push(null)
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.answered += bytes.length
    done()
  }
}

describe('fuzzed streams at an exit', function () {
  this.timeout(fuzzTimeoutMs())

  it('are destinations, or none', async () => {
    let decoded = 0
    await fuzz(
      'destinations',
      mutated(destinations),
      bytes => {
        const destination = decodeDestination(bytes)
        if (destination === undefined) return
        decoded++
        expect(Buffer.from(encodeDestination(destination)).subarray(1).equals(bytes.subarray(1))).to.equal(true)
      },
      runsOf(20_000),
    )
    expect(decoded).to.be.above(0)
  })

  it('are whole messages up to the limit, or end', async () => {
    const messages = [randomBytes(1), randomBytes(200), randomBytes(OpenerFrame.maxBytes)].map(framed)
    // A hundred thousand empty messages take a second here. The exit ends a stream at the first of them.
    const streams = mutated(messages).map(bytes => bytes.subarray(0, MOST_BYTES))
    let read = 0
    await fuzz(
      'framed messages',
      streams,
      async bytes => {
        const stream = new GivenStream(bytes)
        const frames = new MessageFrames(stream, new ByteReader(stream), OpenerFrame.maxBytes)
        try {
          for (let next = await frames.receive(); next; next = await frames.receive()) {
            read++
            expect(next.length).to.be.at.most(OpenerFrame.maxBytes)
          }
        } catch (error) {
          expect(error).to.be.instanceOf(RangeError)
        }
        await frames.close()
      },
      runsOf(5000),
    )
    expect(read).to.be.above(0)
  })

  it('reach nobody and pay nothing', async () => {
    const { kept, book } = tillOf()
    const head = { sessionId: SESSION_ID, head: randomBytes(32), elapsedMs: 0 }
    const counter = { ...head, bytes: 5, signature: randomBytes(65), channel: fromHex(funded.id), total: 5 }
    const payments = Buffer.concat([
      Buffer.of(STREAM_KIND.payments),
      SESSION_ID,
      framed(OpenerFrame.encode({ counter })),
      framed(OpenerFrame.encode({ counter })),
    ])
    const stats = newExitStats()
    // Every name is a neighbour of the exit.
    const reaching = new Reaching([], async () => ['10.0.0.1', '::1', '169.254.169.254', '::ffff:192.168.0.1'])
    const signer = voucherSigner(NETWORK, SIGNER.privateKey as Hex)
    let longest = 0
    await fuzz(
      'streams',
      mutated([payments, ...named.map(bytes => Buffer.concat([bytes, randomBytes(20)]))]),
      async bytes => {
        const modules = {
          stats,
          reaching,
          payments: book,
          voucherSigner: signer,
          clock: { now: () => 0 },
          onUnpaid: () => {},
        }
        const stream = new GivenStream(bytes)
        await new ExitSession(modules).serve(stream)
        longest = Math.max(longest, stream.answered)
        expect(stream.destroyed).to.equal(true)
      },
      runsOf(5000),
    )
    expect(kept.size).to.equal(0)
    expect(longest, 'bytes of an answer').to.equal(1)
    const { connections, carriedBytes, paidBytes, voidPayments, refused } = stats
    expect({ connections, carriedBytes, paidBytes }).to.deep.equal({ connections: 0, carriedBytes: 0, paidBytes: 0 })
    expect(Math.min(voidPayments, refused)).to.be.above(0)
  })

  it('with vouchers whose parts were changed are worth nothing', async () => {
    const { kept, book } = tillOf()
    const good = { sessionId: toHex(SESSION_ID), bytes: 9, head: toHex(randomBytes(32)), elapsedMs: 7 }
    const voucher: Voucher = { ...good, channel: funded.id, total: 2 ** 30 }
    const signature = await voucherSigner(NETWORK, SIGNER.privateKey as Hex).sign(voucher)
    const changes = fc.record(
      {
        sessionId: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex),
        bytes: fc.nat(2 ** 31),
        elapsedMs: fc.nat(2 ** 31),
        total: fc.oneof(fc.nat(2 ** 31), fc.constantFrom(2 ** 30 + 1, 2 ** 40, Number.MAX_SAFE_INTEGER)),
        channel: fc.constantFrom(funded.id, toHex(randomBytes(32))),
      },
      { requiredKeys: [] },
    )
    await fuzz(
      'vouchers',
      fc.tuple(changes, mutated([Buffer.from(signature)])),
      async ([change, changed]) => {
        const isSame = Buffer.compare(changed, signature) === 0
        const given = { ...voucher, ...change }
        if (isSame && Object.entries(voucher).every(([name, value]) => given[name as keyof Voucher] === value)) return
        expect(await book.accept(given, changed, Number.MAX_SAFE_INTEGER)).to.equal(undefined)
      },
      Math.ceil(runsOf(5000) / STREAMS_A_VOUCHER),
    )
    expect(kept.size).to.equal(0)
    expect(await book.accept(voucher, signature, Number.MAX_SAFE_INTEGER)).to.deep.equal({
      bytes: 2 ** 30,
      isPremium: false,
    })
  })
})
