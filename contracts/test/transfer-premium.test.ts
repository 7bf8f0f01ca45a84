import { expect } from 'chai'
import type { Header } from '../../proto/header.js'
import type { Hex } from '../../proto/hex.js'
import { encodeLeaf, type Leaf } from '../../proto/leaf.js'
import { MerkleTree } from '../../proto/merkle.js'
import { expectRevert } from './support/evm.js'
import { DEPOSIT, GIB, Market, PREMIUM_PRICE, SIGNER } from './support/market.js'
import { leafOf, networkForEach, TestNetwork } from './support/network.js'

const OLDEST = 10

describe('contracts: channels of the class with priority', () => {
  const net = networkForEach(() => TestNetwork.running())
  let market: Market
  let [payer, payee, other]: Hex[] = []
  beforeEach(async () => {
    market = Market.of(net())
    ;[payer, payee, other] = [await market.payer(), await market.payee(), await market.payee()]
  })

  interface Shown {
    readonly header: Header
    readonly leaves: readonly Leaf[]
    readonly tree: MerkleTree
  }
  /** Posts a report in which `payee` has this tier, and `other` the highest. */
  const show = async (epoch: number, tier: number): Promise<Shown> => {
    const leaves = [
      { ...leafOf(epoch, payee!, 0), tier },
      { ...leafOf(epoch, other!, 0), index: 2, tier: 3 },
    ]
    const tree = await net().reportLeaves(epoch, leaves)
    return { header: net().headers.get(epoch)!, leaves, tree }
  }
  const open = ({ header, leaves, tree }: Shown, leaf = leaves[0]!, proof = tree.proof(0)) =>
    market.escrow.send(payer!, 'openPremium', payee, SIGNER, DEPOSIT, PREMIUM_PRICE, header, leaf, proof)

  it('open at their own price, to a provider of tier 2 or 3', async () => {
    for (const [epoch, tier] of [
      [1, 2],
      [2, 3],
    ] as const) {
      const receipt = await open(await show(epoch, tier))
      expect(market.escrow.events(receipt, 'Opened')[0]?.args.isPremium).to.equal(true)
      const { channel } = market.opened(receipt)
      await market.redeem([market.receipt(channel, GIB)])
      expect(await market.tokensOf(payee!)).to.equal(BigInt(epoch) * PREMIUM_PRICE)
    }
  })

  it('need a tier of 2', async () => {
    await expectRevert(open(await show(1, 1)), 'TierTooLow', 1, 2)
  })

  it('need one of the last ten reports', async () => {
    const first = await show(1, 3)
    for (let epoch = 2; epoch <= OLDEST; epoch++) await net().report(epoch)
    await open(first)
    await net().report(OLDEST + 1)
    await expectRevert(open(first), 'ReportTooOld', 1, 2)
  })

  it('attack: a leaf with a better tier than the report shows, or none of it', async () => {
    const shown = await show(1, 1)
    const better = { ...shown.leaves[0]!, tier: 3 }
    await expectRevert(open(shown, better), 'NotInReport', 1, payee)
    const own = new MerkleTree([encodeLeaf(better)])
    await expectRevert(open(shown, better, own.proof(0)), 'NotInReport', 1, payee)
  })

  it('attack: the leaf of another provider', async () => {
    const shown = await show(1, 1)
    await expectRevert(open(shown, shown.leaves[1], shown.tree.proof(1)), 'NotThePayee', payee, other)
  })

  it('attack: a report that the chain has not accepted', async () => {
    const shown = await show(1, 1)
    const better = { ...shown.leaves[0]!, tier: 3 }
    const tree = new MerkleTree([encodeLeaf(better)])
    const forged = { header: { ...shown.header, scoreRoot: tree.root }, leaves: [better], tree }
    await expectRevert(open(forged), 'NotTheReport')
    await expectRevert(open({ ...forged, header: { ...forged.header, epoch: 2 } }), 'NotPosted', 2)
  })
})
