import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { fromHex, type Hex, toHex } from '../../../../proto/hex.js'
import { channelId, type Voucher } from '../../../../proto/voucher.js'
import type { EscrowEvent } from '../../../../verifier/chain/escrow-log.js'
import { voucherSigner, voucherSignerOf } from '../../../../verifier/chain/vouchers.js'
import type { FundedChannel } from '../../../core/channel.js'
import { purposeOf } from '../../../core/purpose.js'
import { OwnChannels } from '../own-channels.js'
import { VoucherBook } from '../voucher-book.js'
import { openVoucherStore, type VoucherStore } from '../voucher-store.js'

const NETWORK = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` as Hex }
const USER = Wallet.createRandom()
const OTHER = Wallet.createRandom()
const ACCOUNT = USER.address.toLowerCase() as Hex
const PURPOSE = purposeOf(ACCOUNT)
const HASH: Hex = `0x${'ab'.repeat(32)}`
const MIB = 2 ** 20
const TRUSTED_MS = 60_000
/** A wei for a MiB. */
const PRICE = 1024n

const funded = (deposit: bigint, number = 1, closesAt?: number): FundedChannel => {
  const channel = { number, payer: ACCOUNT, payee: ACCOUNT, signer: ACCOUNT, price: PRICE }
  return { id: channelId(NETWORK, channel), channel, deposit, paid: 0n, closesAt }
}

describe("a provider's vouchers", () => {
  let directory: string
  let store: VoucherStore
  let onChain: Map<Hex, FundedChannel>
  /** by channel: what was redeemed before this process began, bytes */
  let redeemed: Map<Hex, number>
  let reads: number
  /** of balances */
  let asked: number
  /** the chain answers once it resolves */
  let answering: Promise<void>
  let nowMs: number
  let channels: OwnChannels
  let book: VoucherBook

  const open = async () => {
    store = await openVoucherStore(join(directory, 'vouchers'))
    const reader = {
      events: async () => {
        reads++
        await answering
        const opened = [...onChain.values()].map(
          ({ id, channel, deposit }, i): EscrowEvent => ({
            ...{ kind: 'opened', id, channel, deposit, isPremium: premium.has(id), block: 1, logIndex: i },
          }),
        )
        const paid = [...redeemed].map(
          ([id, total], i): EscrowEvent => ({ kind: 'redeemed', id, total, amount: 1n, block: 2, logIndex: i }),
        )
        const ending = [...closing].map(
          (id, i): EscrowEvent => ({ kind: 'closing', id, closesAt: 1_800_000_000, block: 3, logIndex: i }),
        )
        return [...opened, ...paid, ...ending]
      },
      balance: async (id: Hex) => {
        asked++
        await answering
        return onChain.get(id) ?? { deposit: 0n, paid: 0n, closesAt: undefined }
      },
    }
    channels = new OwnChannels(reader, PURPOSE, { now: () => nowMs }, TRUSTED_MS)
    const signerOf = (voucher: Voucher, signature: Uint8Array) => voucherSignerOf(NETWORK, voucher, signature)
    book = new VoucherBook({ store, channels, signerOf })
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-vouchers-'))
    onChain = new Map()
    redeemed = new Map()
    premium.clear()
    closing.clear()
    reads = 0
    asked = 0
    answering = Promise.resolve()
    nowMs = 0
    await open()
  })
  afterEach(async () => {
    await store.close()
    await rm(directory, { recursive: true })
  })

  const premium = new Set<Hex>()
  /** as the log tells */
  const closing = new Set<Hex>()
  const put = (channel: FundedChannel) => onChain.set(channel.id, channel)
  const accept = async (voucher: Voucher, key = USER.privateKey as Hex, sessionBytes = Number.MAX_SAFE_INTEGER) =>
    book.accept(voucher, await voucherSigner(NETWORK, key).sign(voucher), sessionBytes)
  const pay = async (
    channel: Hex,
    total: number,
    key = USER.privateKey as Hex,
    sessionBytes = Number.MAX_SAFE_INTEGER,
  ) => {
    const voucher: Voucher = { sessionId: HASH, bytes: 5, head: HASH, elapsedMs: 7, channel, total }
    return (await accept(voucher, key, sessionBytes))?.bytes
  }

  it('pay for the bytes that none before them paid for', async () => {
    const { id } = funded(100n)
    put(funded(100n))
    expect(await pay(id, MIB)).to.equal(MIB)
    expect(await pay(id, 3 * MIB)).to.equal(2 * MIB)
    expect(await pay(id, 3 * MIB), 'replayed').to.equal(undefined)
    expect(await pay(id, 2 * MIB), 'stale').to.equal(undefined)
    expect(store.newest(id)?.voucher.total).to.equal(3 * MIB)
    expect(reads).to.equal(1)
  })

  it('say whether their channel was opened for priority', async () => {
    const [dear, cheap] = [funded(100n, 1), funded(100n, 2)]
    put(dear)
    put(cheap)
    premium.add(dear.id)
    const voucher = { sessionId: HASH, bytes: 5, head: HASH, elapsedMs: 7, total: MIB }
    expect(await accept({ ...voucher, channel: dear.id })).to.deep.equal({ bytes: MIB, isPremium: true })
    expect(await accept({ ...voucher, channel: cheap.id })).to.deep.equal({ bytes: MIB, isPremium: false })
  })

  it('that overtake one another on two streams pay each session for its own bytes', async () => {
    const { id } = funded(100n)
    put(funded(100n))
    const key = USER.privateKey as Hex
    expect(await pay(id, 3 * MIB, key, MIB), 'the later one').to.equal(MIB)
    expect(await pay(id, 2 * MIB, key, 2 * MIB), 'the earlier one').to.equal(2 * MIB)
    expect(await pay(id, 2 * MIB, key, MIB), 'nothing is left').to.equal(undefined)
    expect(store.newest(id)?.voucher.total).to.equal(3 * MIB)
  })

  it('survive a restart, and a killed process loses none', async () => {
    const { id } = funded(100n)
    put(funded(100n))
    await pay(id, MIB)
    await store.close()
    await open()
    expect(await pay(id, MIB)).to.equal(undefined)
    expect(await pay(id, 2 * MIB)).to.equal(MIB)
    expect(store.all()).to.have.length(1)
  })

  it('attack: that were redeemed are worth nothing once more, also if the disk has lost them', async () => {
    const { id } = funded(100n)
    put(funded(100n))
    redeemed.set(id, 3 * MIB)
    expect(await pay(id, 3 * MIB)).to.equal(undefined)
    expect(await pay(id, 5 * MIB)).to.equal(2 * MIB)
  })

  it('attack: an overspender is carried what its deposit pays, and not a byte more', async () => {
    const { id } = funded(3n)
    put(funded(3n))
    expect(await pay(id, 2 * MIB)).to.equal(2 * MIB)
    expect(await pay(id, 10 * MIB)).to.equal(MIB)
    nowMs += 1000
    expect(await pay(id, 20 * MIB)).to.equal(undefined)
    put(funded(5n))
    nowMs += 1000
    expect(await pay(id, 21 * MIB), 'what a top-up pays of it').to.equal(2 * MIB)
    expect(await pay(id, 22 * MIB)).to.equal(undefined)
  })

  it('attack: of no channel, of a closing one, or signed by another key: void, and nothing is kept', async () => {
    const [open, closing] = [funded(100n, 1), funded(100n, 2, 1_800_000_000)]
    put(closing)
    expect(await pay(open.id, MIB), 'no channel').to.equal(undefined)
    nowMs += 1000
    expect(await pay(closing.id, MIB), 'closing').to.equal(undefined)
    put(open)
    nowMs += 1000
    expect(await pay(open.id, MIB, OTHER.privateKey as Hex), 'another key').to.equal(undefined)
    expect(await pay(open.id, MIB)).to.equal(MIB)
    expect(store.all().map(({ voucher }) => voucher.channel)).to.deep.equal([open.id])
  })

  it('attack: whoever names channels that do not exist does not make the node ask its chain for each', async () => {
    const invented = Array.from({ length: 100 }, (_, i) => pay(toHex(fromHex(HASH).fill(i)), MIB))
    put(funded(100n))
    expect(await pay(funded(100n).id, MIB), 'nor keeps others out').to.equal(MIB)
    expect(new Set(await Promise.all(invented))).to.deep.equal(new Set([undefined]))
    expect(reads).to.be.at.most(2)
  })

  it('attack: a channel that pays the exit of the same account pays nothing here', async () => {
    const channel = funded(100n)
    const last = PURPOSE === 'relay' ? '1' : '0'
    const signer = `${ACCOUNT.slice(0, -1)}${last}` as Hex
    put({ ...channel, channel: { ...channel.channel, signer } })
    expect(await pay(channel.id, MIB)).to.equal(undefined)
  })

  it('attack: two sessions that pay with one voucher at once are paid for once', async () => {
    const { id } = funded(100n)
    put(funded(100n))
    const paid = await Promise.all([pay(id, MIB), pay(id, MIB), pay(id, 2 * MIB)])
    expect(paid.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0)).to.equal(2 * MIB)
  })

  it('notice within seconds that their channel closes', async () => {
    const { id } = funded(100n)
    put(funded(100n))
    expect(await pay(id, MIB)).to.equal(MIB)
    put(funded(100n, 1, 1_800_000_000))
    nowMs += 11_000
    await pay(id, 2 * MIB)
    expect(await pay(id, 3 * MIB)).to.equal(undefined)
  })

  describe('while the chain is silent', () => {
    let answer: () => void
    beforeEach(async () => {
      put(funded(100n))
      expect(await pay(funded(100n).id, MIB)).to.equal(MIB)
      answering = new Promise(resolve => {
        answer = resolve
      })
    })
    afterEach(() => answer())

    it('count for a part of the thaw, and the chain is asked once', async () => {
      const { id } = funded(100n)
      for (let mib = 2; mib <= 5; mib++) {
        nowMs += 11_000
        expect(await pay(id, mib * MIB)).to.equal(MIB)
      }
      expect(asked).to.equal(2)
      nowMs += TRUSTED_MS
      expect(await pay(id, 6 * MIB), 'it may be closed by now').to.equal(undefined)
      answer()
      await channels.lookAgain()
      nowMs += 1000
      expect(await pay(id, 6 * MIB)).to.equal(MIB)
    })

    it('attack: count no more once the log says that the channel closes', async () => {
      const { id } = funded(100n)
      nowMs += 11_000
      expect(await pay(id, 2 * MIB)).to.equal(MIB)
      closing.add(id)
      const looked = channels.lookAgain()
      answer()
      await looked
      put(funded(100n, 1, 1_800_000_000))
      nowMs += 1000
      expect(await pay(id, 3 * MIB)).to.equal(undefined)
    })

    it('attack: nobody who names a new channel waits for it for long, however many come', async () => {
      nowMs += 1000
      const first = pay(funded(1n, 2).id, MIB)
      while (reads < 2) await new Promise(resolve => setImmediate(resolve))
      nowMs += 16_000
      const later = await Promise.all([3, 4, 5].map(number => pay(funded(1n, number).id, MIB)))
      expect(later).to.deep.equal([undefined, undefined, undefined])
      expect(reads).to.equal(2)
      put(funded(1n, 2))
      answer()
      expect(await first, 'who came before still has its answer').to.equal(MIB)
    })
  })
})
