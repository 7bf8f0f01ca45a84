import { expect } from 'chai'
import { SigningKey, ZeroAddress } from 'ethers'
import { keccakText } from '../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { Channel } from '../../proto/voucher.js'
import { type Bound, expectRevert, plain } from './support/evm.js'
import { DEPOSIT, GIB, Market, OFFER, type Opened, PRICE, SIGNER } from './support/market.js'
import { networkForEach, TestNetwork, THAW, TOKEN } from './support/network.js'
import { deployOdd } from './support/odd-tokens.js'

const OTHER_KEY = new SigningKey(keccakText('another signer'))
/** Of the curve: s and its negative both sign. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const PARITY_BIT = 1n << 255n

describe('contracts: the escrow of transfers', () => {
  const net = networkForEach(() => TestNetwork.create())
  let market: Market
  let [payer, payee, anybody]: Hex[] = []
  let opened: Opened
  let channel: Channel
  beforeEach(async () => {
    market = Market.of(net())
    payer = await market.payer()
    payee = await market.payee()
    anybody = net().newAccount()
    opened = await market.open(payer, payee)
    ;({ channel } = opened)
  })
  const held = () => market.tokensOf(market.escrow.address)
  const call = (from: Hex, method: string, of = channel) => market.escrow.send(from, method, of)

  describe('opens channels', () => {
    it('under the id that receipts name, at the price of now', async () => {
      expect(opened.id).to.equal(market.idOf(channel))
      expect(await market.escrow.read('idOf', channel)).to.equal(opened.id)
      expect(channel).to.deep.equal({ number: 1, payer, payee, signer: SIGNER, price: PRICE })
      expect(await market.balance(opened.id)).to.deep.equal({ deposit: DEPOSIT, paid: 0n, closesAt: 0 })
      expect(await held()).to.equal(DEPOSIT)
    })

    it('with another id each time, for the same parties', async () => {
      const again = await market.open(payer!, payee!)
      expect(again.channel).to.deep.equal({ ...channel, number: 2 })
      expect(again.id).not.to.equal(opened.id)
    })

    it('not without a deposit, a signer or an offer', async () => {
      await expectRevert(market.open(payer!, payee!, { deposit: 0n }), 'NoDeposit')
      await expectRevert(market.open(payer!, payee!, { signer: ZeroAddress as Hex }), 'NoSigner')
      await expectRevert(market.open(payer!, anybody!), 'NoOffer', anybody)
    })

    it('attack: a payee raises its price just before: the payer said what it would pay', async () => {
      await market.offers.send(payee!, 'post', { ...OFFER, price: PRICE + 1n }, '')
      await expectRevert(market.open(payer!, payee!), 'PriceTooHigh', PRICE + 1n, PRICE)
    })

    it('attack: a payee raises its price just after: the channel keeps its own', async () => {
      await market.offers.send(payee!, 'post', { ...OFFER, price: 100n * PRICE }, '')
      await market.redeem([market.receipt(channel, GIB)])
      expect(await market.tokensOf(payee!)).to.equal(PRICE)
      const dearer = market.receipt({ ...channel, price: 100n * PRICE }, GIB)
      await expectRevert(market.redeem([dearer]), 'NothingToRedeem')
    })

    it('is deployed with a time to thaw', async () => {
      const args = [market.token.address, market.offers.address, net().reports.address, 0]
      await expectRevert(net().evm.deploy(net().deployer, 'TransferEscrow', args), 'ZeroThaw')
    })
  })

  describe('pays for receipts', () => {
    it('what is new in the newest, whoever brings it', async () => {
      await market.redeem([market.receipt(channel, GIB)], anybody)
      const receipt = await market.redeem([market.receipt(channel, 3 * GIB)])
      const [redeemed] = market.escrow.events(receipt, 'Redeemed')
      expect(plain(redeemed!.args)).to.deep.equal([opened.id, payee, 3 * GIB, 2n * PRICE])
      expect(await market.tokensOf(payee!)).to.equal(3n * PRICE)
      expect(await held()).to.equal(DEPOSIT - 3n * PRICE)
    })

    it('to the byte, rounded down', async () => {
      const total = 12_345_678_901
      await market.redeem([market.receipt(channel, total)])
      expect(await market.tokensOf(payee!)).to.equal((BigInt(total) * PRICE) / BigInt(GIB))
    })

    it('up to the deposit, and the rest after a top-up', async () => {
      const all = market.receipt(channel, 250 * GIB)
      await market.redeem([all])
      expect(await market.tokensOf(payee!)).to.equal(DEPOSIT)
      await expectRevert(market.redeem([all]), 'NothingToRedeem')
      await market.escrow.send(payer!, 'topUp', channel, DEPOSIT)
      await market.redeem([all])
      expect(await market.tokensOf(payee!)).to.equal(250n * PRICE)
    })

    it('of several channels and payees at once', async () => {
      const other = await market.payee()
      const channels = [channel]
      for (const to of [payee!, other, payee!]) channels.push((await market.open(payer!, to)).channel)
      await market.redeem(channels.map((of, i) => market.receipt(of, (i + 1) * GIB)))
      expect([await market.tokensOf(payee!), await market.tokensOf(other)]).to.deep.equal([7n * PRICE, 3n * PRICE])
    })

    it('attack: a receipt twice, in one batch or in two', async () => {
      const receipt = market.receipt(channel, GIB)
      await market.redeem([receipt, receipt, receipt])
      await expectRevert(market.redeem([receipt]), 'NothingToRedeem')
      expect(await market.tokensOf(payee!)).to.equal(PRICE)
    })

    it('attack: an older receipt after a newer one', async () => {
      await market.redeem([market.receipt(channel, 2 * GIB)])
      await expectRevert(market.redeem([market.receipt(channel, GIB)]), 'NothingToRedeem')
      expect((await market.balance(opened.id)).paid).to.equal(2n * PRICE)
    })

    it('attack: somebody redeems one of a batch first, and another channel is released: the rest is paid', async () => {
      const [second, third] = [await market.open(payer!, payee!), await market.open(payer!, payee!)]
      const batch = [channel, second.channel, third.channel].map(of => market.receipt(of, GIB))
      await market.redeem([batch[0]!], anybody)
      await call(payee!, 'release', second.channel)
      await market.redeem(batch)
      expect(await market.tokensOf(payee!)).to.equal(2n * PRICE)
    })

    it('attack: a receipt that the payee, or a stranger, signed', async () => {
      const forged = market.receipt(channel, GIB, { key: OTHER_KEY })
      await expectRevert(market.redeem([forged]), 'WrongSignature', opened.id)
    })

    it('attack: a receipt of another channel, escrow, network or chain', async () => {
      const elsewhere = await Market.beside(net(), net().token)
      const second = await market.open(payer!, payee!)
      for (const signing of [
        { id: second.id },
        { id: elsewhere.idOf(channel) },
        { id: ZERO_HASH },
        { network: { ...net().id, contract: market.escrow.address } },
        { network: { ...net().id, chainId: 1 } },
      ])
        await expectRevert(market.redeem([market.receipt(channel, GIB, signing)]), 'WrongSignature', opened.id)
    })

    it('attack: any part of a signed receipt changed', async () => {
      const receipt = market.receipt(channel, GIB)
      const other = keccakText('other')
      for (const change of [
        { total: 2 * GIB },
        { sessionId: other },
        { head: other },
        { bytesCarried: 78 },
        { elapsedMs: 1235 },
        { r: other },
      ])
        await expectRevert(market.redeem([{ ...receipt, ...change }]), 'WrongSignature', opened.id)
    })

    it('attack: the second form that every signature has: the short form has no room for it', async () => {
      const receipt = market.receipt(channel, GIB)
      const vs = BigInt(receipt.vs)
      const mirrored = ORDER - (vs & (PARITY_BIT - 1n))
      expect(mirrored >= PARITY_BIT).to.equal(true)
      for (const s of [mirrored, vs ^ PARITY_BIT]) {
        const second = { ...receipt, vs: `0x${s.toString(16).padStart(64, '0')}` }
        await expectRevert(market.redeem([second]), 'WrongSignature', opened.id)
      }
    })

    it('attack: a signature of nothing for a signer of nothing', async () => {
      const nobody = { ...channel, signer: ZeroAddress as Hex }
      const empty = { ...market.receipt(nobody, GIB), r: ZERO_HASH, vs: ZERO_HASH }
      await expectRevert(market.redeem([empty]), 'NothingToRedeem')
      await expectRevert(market.redeem([{ ...empty, channel }]), 'WrongSignature', opened.id)
    })

    it('attack: a channel that nobody opened, or of another payee', async () => {
      const mine = { ...channel, payee: anybody! }
      await expectRevert(market.redeem([market.receipt(mine, GIB)]), 'NothingToRedeem')
      await expectRevert(market.redeem([]), 'NothingToRedeem')
    })
  })

  describe('ends channels', () => {
    it('at once if the payee releases them, and gives back what is left', async () => {
      await market.redeem([market.receipt(channel, GIB)])
      const before = await market.tokensOf(payer!)
      const [closed] = market.escrow.events(await call(payee!, 'release'), 'Closed')
      expect(closed?.args.amount).to.equal(DEPOSIT - PRICE)
      expect((await market.tokensOf(payer!)) - before).to.equal(DEPOSIT - PRICE)
      expect(await held()).to.equal(0n)
    })

    it('after the thaw that the payer began, whoever calls', async () => {
      const [started] = market.escrow.events(await call(payer!, 'startClose'), 'CloseStarted')
      const closesAt = Number(started!.args.closesAt)
      expect(closesAt).to.equal((await net().evm.now()) + THAW)
      await expectRevert(call(payer!, 'startClose'), 'AlreadyClosing', opened.id, closesAt)
      await net().evm.nextAt(closesAt - 1)
      await expectRevert(call(payer!, 'close'), 'NotThawed', opened.id, closesAt)
      await net().evm.at(closesAt)
      const before = await market.tokensOf(payer!)
      await call(anybody!, 'close')
      expect((await market.tokensOf(payer!)) - before).to.equal(DEPOSIT)
    })

    it('attack: a stale close loses to a receipt that comes within the thaw', async () => {
      await call(payer!, 'startClose')
      await net().evm.at((await net().evm.now()) + THAW)
      await market.redeem([market.receipt(channel, 4 * GIB)])
      await call(payer!, 'close')
      expect([await market.tokensOf(payee!), await held()]).to.deep.equal([4n * PRICE, 0n])
    })

    it('attack: a close without a thaw, or by others', async () => {
      await expectRevert(call(payer!, 'close'), 'NotThawed', opened.id, 0)
      for (const from of [payee!, anybody!]) {
        await expectRevert(call(from, 'startClose'), 'NotAllowed', from, payer)
      }
      for (const from of [payer!, anybody!]) await expectRevert(call(from, 'release'), 'NotAllowed', from, payee)
    })

    it('attack: a channel that has ended gives nothing a second time', async () => {
      await call(payee!, 'release')
      const receipt = market.receipt(channel, GIB)
      await market.open(payer!, payee!)
      await expectRevert(market.redeem([receipt]), 'NothingToRedeem')
      await expectRevert(call(payee!, 'release'), 'NotOpen', opened.id)
      await expectRevert(call(payer!, 'startClose'), 'NotOpen', opened.id)
      await expectRevert(call(payer!, 'close'), 'NotOpen', opened.id)
      await expectRevert(market.escrow.send(payer!, 'topUp', channel, 1n), 'NotOpen', opened.id)
      expect(await held()).to.equal(DEPOSIT)
    })

    it('attack: a channel with another payer’s name on it', async () => {
      const mine = { ...channel, payer: anybody! }
      await expectRevert(call(anybody!, 'startClose', mine), 'NotOpen', market.idOf(mine))
    })
  })

  describe('takes deposits', () => {
    it('from anybody into an open channel, whose payer they then belong to', async () => {
      const giver = await market.payer()
      const [toppedUp] = market.escrow.events(await market.escrow.send(giver, 'topUp', channel, TOKEN), 'ToppedUp')
      expect(plain(toppedUp!.args)).to.deep.equal([opened.id, giver, TOKEN])
      expect((await market.balance(opened.id)).deposit).to.equal(DEPOSIT + TOKEN)
      await expectRevert(market.escrow.send(giver, 'topUp', channel, 0n), 'NoDeposit')
    })

    it('attack: a token that keeps some of each transfer', async () => {
      const odd = await Market.beside(net(), await deployOdd(net().evm, 'FeeToken'))
      const [from, to] = [await odd.payer(), await odd.payee()]
      await expectRevert(odd.open(from, to), 'WrongAmountReceived')
    })

    it('attack: tokens on their way are paid out before they arrive, from what others put in', async () => {
      const odd = await Market.beside(net(), await deployOdd(net().evm, 'HookToken'))
      await odd.open(await odd.payer(), await odd.payee())
      const puppet = await deployOdd(net().evm, 'Puppet')
      const tell = (target: Bound, method: string, ...args: unknown[]) =>
        puppet.send(anybody!, 'execute', target.address, target.interface.encodeFunctionData(method, args))
      await odd.token.send(net().deployer, 'transfer', puppet.address, DEPOSIT)
      await tell(odd.token, 'approve', odd.escrow.address, DEPOSIT)
      await tell(odd.offers, 'post', OFFER, '')
      const own = { number: 2, payer: puppet.address, payee: puppet.address, signer: SIGNER, price: PRICE }
      const release = odd.escrow.interface.encodeFunctionData('release', [own])
      await puppet.send(anybody!, 'whenTokensMove', odd.escrow.address, release)
      const open = tell(odd.escrow, 'open', puppet.address, SIGNER, DEPOSIT, PRICE)
      await expectRevert(open, 'WrongAmountReceived', DEPOSIT, 0)
      expect(await odd.tokensOf(odd.escrow.address)).to.equal(DEPOSIT)
    })
  })
})
