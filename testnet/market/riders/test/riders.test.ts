/** Clients that cheat at a real relay, over real connections and UDP. The channels are as a chain would tell them. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pino from 'pino'
import type { PurseChannel } from '../../../../market/client/purse.js'
import { payableBytes } from '../../../../market/core/channel.js'
import { VoucherBook } from '../../../../market/provider/vouchers/voucher-book.js'
import { openVoucherStore } from '../../../../market/provider/vouchers/voucher-store.js'
import { Relay, systemClock, systemRandom } from '../../../../probe/index.js'
import { paidWindowBytes } from '../../../../probe/plane/allowance.js'
import { shapeOf } from '../../../../probe/verdict/session-shape.js'
import { type Hex, toHex } from '../../../../proto/hex.js'
import { channelId } from '../../../../proto/voucher.js'
import { accountOf } from '../../../../verifier/chain/account.js'
import { AnswerVerifiers, answerSigner } from '../../../../verifier/chain/answers.js'
import { voucherSigner, voucherSignerOf } from '../../../../verifier/chain/vouchers.js'
import { ConnectionPool } from '../../../../verifier/net/connection-pool.js'
import { listenAddresses } from '../../../../verifier/net/libp2p.js'
import { createProviderPeer } from '../../../../verifier/net/provider-peer.js'
import { serveSessions } from '../../../../verifier/node/serve-sessions.js'
import { freeload } from '../freeloader.js'
import { overspend } from '../overspender.js'

const HOST = '127.0.0.1'
const NETWORK = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` as Hex }
const CLAIM_KBPS = 50_000
const SHAPE = shapeOf(CLAIM_KBPS)
const CREDIT_SESSIONS = 3
const DEPOSIT_MIB = 2
const log = pino({ level: 'silent' })

describe('a client that cheats', () => {
  const ends: (() => unknown)[] = []
  let directory: string
  const channels = new Map<Hex, PurseChannel>()
  const keys = new Map<Hex, Hex>()

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-riders-'))
    ends.push(() => rm(directory, { recursive: true }))
  })
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  async function provider() {
    const key = toHex(randomBytes(32))
    const signer = answerSigner(NETWORK, key)
    const account = signer.account as Hex
    const store = await openVoucherStore(join(directory, account))
    ends.push(() => store.close())
    const own = (id: Hex) => {
      const channel = channels.get(id)
      return channel?.channel.payee === account
        ? { ...channel, paid: 0n, closesAt: undefined, redeemedBytes: 0 }
        : undefined
    }
    const relay = await Relay.open({
      ...{
        host: HOST,
        port: 0,
        claimKbps: CLAIM_KBPS,
        answerSigner: signer,
        voucherSigner: voucherSigner(NETWORK, key),
      },
      ...{ clock: systemClock, random: systemRandom },
      payments: new VoucherBook({
        ...{ store, channels: { find: async id => own(id) } },
        signerOf: (voucher, signature) => voucherSignerOf(NETWORK, voucher, signature),
      }),
      credit: { bytes: CREDIT_SESSIONS * SHAPE.budgetBytes, periodMs: 3_600_000 },
    })
    ends.push(() => relay.close())
    const pool = new ConnectionPool(() => systemClock.now())
    const peer = await createProviderPeer({ seed: toHex(randomBytes(32)), listen: [`/ip4/${HOST}/tcp/0`], log }, pool)
    ends.push(() => peer.stop())
    await serveSessions(peer, pool, relay, log)
    const address = { peerId: peer.peerId.toString(), multiaddrs: listenAddresses(peer) }
    const offering = { account, claimKbps: CLAIM_KBPS, peer: address }
    return { relay, payee: { provider: offering, answers: new AnswerVerifiers(NETWORK).of(account) } }
  }

  /** A wei a MiB. */
  function channelTo(payee: Hex): PurseChannel {
    const key = toHex(randomBytes(32))
    const channel = { number: channels.size + 1, payer: payee, payee, signer: accountOf(key), price: 1024n }
    const id = channelId(NETWORK, channel)
    const deposit = BigInt(DEPOSIT_MIB)
    const terms = { deposit, purpose: 'relay', isPremium: false, standing: 'open' } as const
    const kept = { id, channel, ...terms, atMs: 0, total: 0, leftBytes: 0 }
    channels.set(id, kept)
    keys.set(id, key)
    return kept
  }

  it('as a freeloader takes no more than the credit of its prefix', async () => {
    const { relay, payee } = await provider()
    const report = await freeload({
      ...{ ...payee, hosts: ['127.9.1.1', '127.9.1.2'], forMs: 10_000 },
      ...{ orderTokens: async () => [], era: () => 1 },
    })
    expect(report).to.include({ tokens: 0, tokenBytes: 0, eras: 1 })
    // A session that ends gives back what it has not used, so there may be more of them.
    expect(report.strangerSessions).to.be.at.least(CREDIT_SESSIONS)
    expect(report.outOfCredit).to.be.above(0)
    expect(report.strangerBytes).to.be.within(1, CREDIT_SESSIONS * SHAPE.budgetBytes)
    // An answer may come after the freeloader has stopped.
    expect(relay.stats.refused.credit).to.be.at.least(report.outOfCredit)
    expect(report.strangerSeconds).to.be.at.least(10)
  })

  it('as an overspender signs for more than it holds, and gets W more for each session', async () => {
    const [one, other] = [await provider(), await provider()]
    const payeeOf = ({ payee }: typeof one) => ({ ...payee, channel: channelTo(payee.provider.account) })
    const { payees } = await overspend({
      payees: [payeeOf(one), payeeOf(other)],
      host: '127.9.2.1',
      signerOf: id => voucherSigner(NETWORK, keys.get(id)!),
    })
    for (const [i, { relay }] of [one, other].entries()) {
      const { sessions, deliveredBytes, depositBytes, signedBytes } = payees[i]!
      expect(depositBytes).to.equal(payableBytes([...channels.values()][i]!))
      expect(signedBytes).to.be.above(depositBytes)
      expect(deliveredBytes - depositBytes).to.be.within(1, sessions * paidWindowBytes(SHAPE.rateKbps))
      expect(relay.stats.paidBytes).to.be.at.most(depositBytes)
      expect(relay.stats.voidPayments).to.be.above(0)
    }
  })
})
