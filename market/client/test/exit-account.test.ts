/** A client pays an exit, both real, over a stream in memory: what is carried, when it is counted, and what is paid. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Duplex, duplexPair, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { systemClock, systemRandom } from '../../../probe/index.js'
import type { Payments } from '../../../probe/ports.js'
import type { ClientTunnel } from '../../../probe/tunnel/index.js'
import type { Hex } from '../../../proto/hex.js'
import { OpenerFrame } from '../../../proto/messages.js'
import { type Channel, channelId } from '../../../proto/voucher.js'
import { voucherSigner } from '../../../verifier/chain/vouchers.js'
import { ByteReader } from '../../core/byte-reader.js'
import { MessageFrames } from '../../core/message-frames.js'
import { ExitPayments } from '../../exit/exit-payments.js'
import { LEAST_WINDOW_BYTES, Meter } from '../../exit/meter.js'
import { ExitAccount } from '../exit-account.js'
import { Purse } from '../purse.js'

const NETWORK = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` as Hex }
const KEY = `0x${'11'.repeat(32)}` as Hex
const MIB = 1 << 20
const PIECE = Buffer.alloc(64 * 1024)
const HEAD_BYTES = 33
/** wei for 2^30 bytes: a wei a MiB */
const PRICE = 1024n

describe('the account of an exit', () => {
  let directory: string
  let purse: Purse
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-account-'))
    purse = await Purse.open(join(directory, 'purse'), NETWORK)
  })
  afterEach(async () => {
    await purse.close()
    await rm(directory, { recursive: true })
  })

  async function channelOf(number: number, depositMib: bigint): Promise<Hex> {
    const signer = new Wallet(KEY).address.toLowerCase() as Hex
    const payee: Hex = `0x${'e0'.repeat(20)}`
    const channel: Channel = { number, payer: payee, payee, signer, price: PRICE }
    const id = channelId(NETWORK, channel)
    await purse.keep({ id, channel, deposit: depositMib, isPremium: false }, KEY)
    return id
  }

  interface Ways {
    readonly accept?: Payments['accept']
    readonly next?: () => Promise<Hex>
    readonly onEmpty?: (why: Error) => void
    readonly depositMib?: bigint
  }

  /** The client sends to its payments stream, which the exit reads. */
  async function open({ accept, next, onEmpty = () => {}, depositMib = 1_000_000n }: Ways) {
    const [clientEnd, exitEnd]: Duplex[] = duplexPair() as [Duplex, Duplex]
    let voids = 0
    const id = await channelOf(1, depositMib)
    const tunnel = {
      openStream: () => clientEnd,
      close: () => clientEnd!.destroy(),
    } as unknown as ClientTunnel
    const account = new ExitAccount({
      ...{ tunnel, purse, id, random: systemRandom, onPaid: () => {}, onEmpty },
      next: next ?? (async () => id),
    })
    const reader = new ByteReader(exitEnd!)
    const head = (await reader.take(HEAD_BYTES))!
    const payments: Payments = {
      accept: accept ?? (async (_voucher, _signature, bytes) => ({ bytes, isPremium: false })),
    }
    const modules = { payments, clock: systemClock, voucherSigner: voucherSigner(NETWORK, KEY) }
    const meter: Meter = new Meter(() => exit.look())
    const frames = new MessageFrames(exitEnd!, reader, OpenerFrame.maxBytes)
    const exit: ExitPayments = new ExitPayments(frames, head.subarray(1), meter, modules)
    const taking = exit.take(bytes => {
      if (bytes === undefined) voids++
    })
    const close = async () => {
      tunnel.close()
      exitEnd!.destroy()
      await taking.catch(() => {})
    }
    return { account, meter, close, voids: () => voids }
  }

  function* pieces(bytes: number): Generator<Buffer> {
    for (let left = bytes; left > 0; left -= PIECE.length) yield PIECE
  }

  /** What went through the exit's gate is counted by the client. */
  const counted = (account: ExitAccount) =>
    new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        account.carried(bytes.length)
        done()
      },
    })

  it('pays for as many bytes as the exit can carry in a second, and no payment is void', async () => {
    const { account, meter, close, voids } = await open({})
    await pipeline(pieces(300 * MIB), meter.gate(), counted(account))
    expect(meter.carriedBytes).to.equal(300 * MIB)
    expect(voids()).to.equal(0)
    await close()
  })

  it('pays for what came after the receipt that bills it', async () => {
    const { account, meter, close } = await open({})
    let late: (() => void)[] = []
    const behind = new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        late.push(() => account.carried(bytes.length))
        done()
      },
    })
    // Everything that the window holds is on its way when the receipts have come.
    const arriving = setInterval(() => {
      if (!meter.isWaiting) return
      for (const arrive of late) arrive()
      late = []
    }, 200)
    await pipeline(pieces(4 * LEAST_WINDOW_BYTES), meter.gate(), behind)
    clearInterval(arriving)
    await close()
  })

  it('pays again if a payment was void, since the exit did not know the channel yet', async () => {
    let calls = 0
    const accept: Payments['accept'] = async (_voucher, _signature, bytes) =>
      ++calls === 1 ? undefined : { bytes, isPremium: false }
    const { account, meter, close, voids } = await open({ accept })
    await pipeline(pieces(MIB), meter.gate(), counted(account))
    expect(voids()).to.equal(1)
    expect(purse.channels[0]!.total, 'and nothing twice').to.be.at.most(MIB)
    await close()
  })

  it('keeps a tunnel whose applications read nothing for some seconds', async () => {
    const { account, meter, close, voids } = await open({})
    await pipeline(pieces(MIB), meter.gate(), counted(account))
    const unread: number[] = []
    const reading = pipeline(
      pieces(2 * LEAST_WINDOW_BYTES),
      meter.gate(),
      new Writable({
        write: (bytes: Buffer, _encoding, done) => {
          unread.push(bytes.length)
          done()
        },
      }),
    )
    await new Promise(resolve => setTimeout(resolve, 2500))
    expect(meter.isWaiting).to.equal(true)
    expect(voids()).to.equal(0)
    const read = setInterval(() => {
      for (const bytes of unread.splice(0)) account.carried(bytes)
    }, 10)
    await reading
    clearInterval(read)
    expect(voids()).to.equal(0)
    await close()
  })

  it('uses a channel up, and goes on with the next', async () => {
    const nextId = await channelOf(2, 1000n)
    const { account, meter, close } = await open({ depositMib: 3n, next: async () => nextId })
    await pipeline(pieces(20 * MIB), meter.gate(), counted(account))
    const [first, second] = purse.channels.sort((a, b) => a.channel.number - b.channel.number)
    expect(first!.total).to.equal(3 * MIB)
    expect(second!.total).to.be.within(20 * MIB - 3 * MIB - LEAST_WINDOW_BYTES, 17 * MIB)
    await close()
  })

  it('attack: an exit bills more than is left, and the client goes on, and says why it cannot pay', async () => {
    const emptied = Promise.withResolvers<Error>()
    const next = async () => {
      throw new Error('nothing is left')
    }
    const { account, meter, close } = await open({ depositMib: 1n, next, onEmpty: emptied.resolve })
    meter.pay(100 * MIB) // so that it carries
    void pipeline(pieces(20 * MIB), meter.gate(), counted(account)).catch(() => {})
    expect((await emptied.promise).message).to.equal('nothing is left')
    expect(account.paidBytes).to.equal(MIB)
    await close()
  })
})
