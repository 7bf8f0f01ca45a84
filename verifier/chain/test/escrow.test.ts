/** Channels on a real chain: opened, paid from, closed, and what both sides read of it. */
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeaf } from '../../../proto/leaf.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { accountOf } from '../account.js'
import { connectChain } from '../connect.js'
import {
  balanceOf,
  closeCall,
  idOf,
  type OpenedChannel,
  openChannel,
  readThaw,
  redeemCall,
  releaseCall,
  startCloseCall,
  topUpChannel,
} from '../escrow.js'
import { EscrowLog } from '../escrow-log.js'
import type { EthersChain } from '../ethers-chain.js'
import { postOfferCall } from '../offers.js'
import type { Call } from '../sender.js'
import { readTokens } from '../stake.js'
import { voucherSigner } from '../vouchers.js'
import { postTo, useLiveNetwork } from './live-network.js'

const TOKEN = 10n ** 18n
const GIB = 2 ** 30
const PRICE = TOKEN / 20n
const PREMIUM_PRICE = TOKEN / 10n
const DEPOSIT = 10n * TOKEN
const KEY = keccakText('channel key')
const SIGNER = accountOf(KEY)

describe('channels on the chain', () => {
  const net = useLiveNetwork()
  /** has all tokens */
  let payer: EthersChain
  let payee: EthersChain
  beforeEach(async () => {
    const { anvil, setup } = net.live
    const privateKey = anvil.accounts[0]!.privateKey
    payer = await connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey })
    payee = await net.live.connectAs('p0')
    await sent(
      payee,
      postOfferCall(payee.context, {
        ...{ price: PRICE, premiumPrice: PREMIUM_PRICE, laneKbps: 0, lanePrice: 0n, exit: undefined },
      }),
    )
  })
  afterEach(() => {
    payer.close()
    payee.close()
  })

  const order = () => ({ payee: payee.account!, signer: SIGNER, deposit: DEPOSIT, maxPrice: PRICE })
  const open = (change: Partial<Parameters<typeof openChannel>[1]> = {}) =>
    openChannel(payer.sender!, { ...order(), ...change })
  const send = (chain: EthersChain, call: Call) => chain.sender!.send(call)
  const sent = async (chain: EthersChain, call: Call) => expect(await send(chain, call)).to.include({ kind: 'done' })
  const balance = (id: Hex) => balanceOf(net.chain.context, id)
  /** A receipt of so many bytes of a channel, counter-signed. */
  async function receipt({ channel, id }: OpenedChannel, total: number, key = KEY) {
    const state = { sessionId: keccakText('session'), bytes: 77, head: keccakText('head'), elapsedMs: 1234, total }
    const signature = await voucherSigner(net.chain.network, key).sign({ ...state, channel: id })
    return { channel, ...state, signature }
  }
  const redeem = async (...receipts: Awaited<ReturnType<typeof receipt>>[]) =>
    send(payee, redeemCall(payee.context, receipts))

  it('are opened with an approval if one is needed, and pay for a receipt once', async () => {
    const opened = await open()
    expect(opened).to.deep.equal({
      id: idOf(net.chain.context, opened.channel),
      channel: { number: 1, payer: payer.account, payee: payee.account, signer: SIGNER, price: PRICE },
      ...{ deposit: DEPOSIT, isPremium: false },
    })
    expect(await balance(opened.id)).to.deep.equal({ deposit: DEPOSIT, paid: 0n, closesAt: undefined })

    const before = await readTokens(net.chain.context, payee.account!)
    const one = await receipt(opened, 3 * GIB)
    expect(await redeem(one)).to.include({ kind: 'done' })
    expect(await readTokens(net.chain.context, payee.account!)).to.equal(before + 3n * PRICE)
    expect(await redeem(one), 'once').to.deep.equal({ kind: 'already' })
    expect(await redeem(await receipt(opened, 2 * GIB)), 'an older one').to.deep.equal({ kind: 'already' })
    const forged = await redeem(await receipt(opened, 4 * GIB, keccakText('another key')))
    expect(forged).to.deep.equal({ kind: 'rejected', reason: `WrongSignature(id=${opened.id})` })

    await topUpChannel(payer.sender!, opened.channel, TOKEN)
    expect(await redeem(await receipt(opened, 1000 * GIB)), 'all of it').to.include({ kind: 'done' })
    const all = DEPOSIT + TOKEN
    expect(await balance(opened.id)).to.deep.equal({ deposit: all, paid: all, closesAt: undefined })
    expect(await redeem(await receipt(opened, 1001 * GIB))).to.deep.equal({ kind: 'already' })
  })

  it('opened at the same time do not spend one another’s approval', async () => {
    const channels = await Promise.all([open(), open(), open()])
    expect(channels.map(({ channel }) => channel.number)).to.have.members([1, 2, 3])
    const escrow = net.live.setup.network.contracts.transferEscrow
    expect(await readTokens(net.chain.context, escrow)).to.equal(3n * DEPOSIT)
  })

  it('need no approval while one is left', async () => {
    const { contracts, file } = payer.context
    const escrow = file.contracts.transferEscrow
    const approve = { contract: contracts.stakeToken, method: 'approve', args: [escrow, 100n * TOKEN] }
    await sent(payer, { ...approve, isDone: async () => false })
    const before = await net.chain.context.provider.getTransactionCount(payer.account!)
    await open()
    expect(await net.chain.context.provider.getTransactionCount(payer.account!)).to.equal(before + 1)
  })

  it('are not opened, and cost nothing, at a higher price, to who offers nothing, or with too few tokens', async () => {
    const count = () => net.chain.context.provider.getTransactionCount(payer.account!)
    const before = await count()
    const refusal = async (work: Promise<unknown>) => {
      const error = await work.then(
        () => expect.fail('it opened'),
        thrown => thrown,
      )
      expect(error).to.include({ code: 'configuration' })
      return error.message as string
    }
    expect(await refusal(open({ maxPrice: PRICE - 1n }))).to.include(
      `asks ${PRICE} wei for 2^30 bytes of traffic, more`,
    )
    expect(await refusal(open({ payee: SIGNER }))).to.include('offers no traffic. Choose another provider.')
    const poor = await refusal(openChannel(net.chain.sender!, order()))
    expect(poor).to.match(/holds 0 wei of the stake token .* and the opening of the channel needs 10{19}\./)
    expect(await count()).to.equal(before)
  })

  it('of the class with priority need the payee’s leaf in a report', async () => {
    const facts = await net.live.runTo(1)
    const { header, leaves } = net.live.certify(facts, ZERO_HASH)
    const tiered = leaves.map(leaf => ({ ...leaf, tier: leaf.provider === payee.account ? 2 : 1 }))
    const tree = new MerkleTree(tiered.map(encodeLeaf))
    const certified = net.live.certifyHeader(facts, { ...header, scoreRoot: tree.root }, tiered)
    expect(await postTo(net.chain, certified)).to.include({ kind: 'done' })
    const index = tiered.findIndex(({ provider }) => provider === payee.account)
    const premium = { header: certified.header, leaf: tiered[index]!, proof: tree.proof(index) }
    const low = { ...premium, leaf: { ...premium.leaf, tier: 1 } }
    const error = await open({ premium: low, maxPrice: PREMIUM_PRICE }).catch(thrown => thrown)
    expect(error.message).to.equal('opening of the channel: TierTooLow(tier=1, least=2)')
    const opened = await open({ premium, maxPrice: PREMIUM_PRICE })
    expect([opened.isPremium, opened.channel.price]).to.deep.equal([true, PREMIUM_PRICE])
  })

  it('thaw before they end by the payer’s wish, and end at once by the payee’s', async () => {
    const [first, second] = [await open(), await open()]
    expect(await readThaw(net.chain.context)).to.equal(20)
    await sent(payer, startCloseCall(payer.context, first.channel))
    expect(await send(payer, startCloseCall(payer.context, first.channel))).to.deep.equal({ kind: 'already' })
    const { closesAt } = await balance(first.id)
    expect(closesAt).to.equal((await net.live.now()) + 20)
    const early = await send(payer, closeCall(payer.context, first.channel))
    expect(early.kind === 'rejected' && early.reason).to.match(/^NotThawed\(/)
    expect(await redeem(await receipt(first, GIB)), 'while it thaws').to.include({ kind: 'done' })
    await net.live.mineAt(closesAt!)
    await sent(payee, closeCall(payee.context, first.channel))
    expect(await send(payer, closeCall(payer.context, first.channel))).to.deep.equal({ kind: 'already' })
    expect((await redeem(await receipt(first, 2 * GIB))).kind, 'after its end').to.equal('rejected')

    expect((await send(payer, releaseCall(payer.context, second.channel))).kind).to.equal('rejected')
    await sent(payee, releaseCall(payee.context, second.channel))
    expect((await balance(second.id)).deposit).to.equal(0n)
  })

  it('are told to both sides by the log, each event once', async () => {
    const logs = [new EscrowLog(net.chain.context, { payee: payee.account! })]
    logs.push(new EscrowLog(net.chain.context, { payer: payer.account! }))
    const foreign = new EscrowLog(net.chain.context, { payee: SIGNER })
    const kinds = async (log = logs[0]!) => (await log.news()).map(({ kind, id }) => ({ kind, id }))
    const [first, second] = [await open(), await open({ deposit: 7n })]
    for (const log of logs) {
      const channels = await log.channels()
      const plain = channels.map(({ kind: _kind, block: _block, logIndex: _index, ...channel }) => channel)
      expect(plain).to.deep.equal([first, second])
    }
    expect(await kinds()).to.deep.equal([first, second].map(({ id }) => ({ kind: 'opened', id })))

    await redeem(await receipt(first, GIB))
    await sent(payer, startCloseCall(payer.context, first.channel))
    await sent(payee, releaseCall(payee.context, second.channel))
    const news = await logs[0]!.news()
    expect(news.map(({ block: _block, logIndex: _index, ...event }) => event)).to.deep.equal([
      { kind: 'redeemed', id: first.id, total: GIB, amount: PRICE },
      { kind: 'closing', id: first.id, closesAt: (await balance(first.id)).closesAt },
      { kind: 'closed', id: second.id, amount: 7n },
    ])
    expect(await kinds()).to.deep.equal([])
    expect((await kinds(logs[1]!)).map(({ kind }) => kind)).to.deep.equal(['opened', 'opened', 'closed'])
    for (const log of logs) expect((await log.channels()).map(({ id }) => id)).to.deep.equal([first.id])
    expect(await foreign.events()).to.deep.equal([])
  })
})
