import { expect } from 'chai'
import { type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import { encodeLeaf, type Leaf } from '../../proto/leaf.js'
import { leafHash, type MerkleTree } from '../../proto/merkle.js'
import { expectRevert } from './support/evm.js'
import { leafOf, MINIMUM_STAKE, networkForEach, SETTLE_REFUND, TestNetwork } from './support/network.js'
import { finalAt, share, stakeOf } from './support/settlements.js'

const PENALTIES = [300, 0, 1000, 40, 700]

describe('contracts: settlement of several leaves', () => {
  let providers: Hex[]
  let leaves: Leaf[]
  let tree: MerkleTree
  const net = networkForEach(() => TestNetwork.running())
  beforeEach(async () => {
    providers = []
    for (const _ of PENALTIES) providers.push(await net().addProvider())
    leaves = PENALTIES.map((bps, i) => leafOf(1, providers[i]!, bps))
    tree = await net().reportLeaves(1, leaves)
  })
  const final = () => net().evm.at(finalAt(net(), 1))
  const send = (chosen: readonly Leaf[], proof: readonly Hex[], flags: readonly boolean[]) =>
    net().slashing.send(net().deployer, 'settleBatch', net().headers.get(1), chosen, proof, flags)

  it('charges each leaf as a settlement of its own would', async () => {
    await final()
    const settler = net().newAccount()
    const receipt = await net().settleBatch(leaves, tree, [0, 2, 3, 4], settler)
    for (const i of [0, 2, 3, 4]) {
      expect(await stakeOf(net(), providers[i]!)).to.equal(MINIMUM_STAKE - share(PENALTIES[i]!))
      expect(await net().slashing.read('isSettled', 1, providers[i])).to.equal(true)
    }
    expect(await stakeOf(net(), providers[1]!)).to.equal(MINIMUM_STAKE)
    expect(net().slashing.events(receipt, 'Settled')).to.have.length(4)
    expect(await net().token.read('balanceOf', settler)).to.equal(4n * SETTLE_REFUND)
  })

  it('is not blocked by a leaf that somebody settled first', async () => {
    await final()
    await net().settle(leaves[2]!, tree.proof(2))
    const receipt = await net().settleBatch(leaves, tree, [0, 2, 4])
    const settled = net()
      .slashing.events(receipt, 'Settled')
      .map(({ args }) => args.provider.toLowerCase())
    expect(settled).to.have.members([providers[0], providers[4]])
    expect(await stakeOf(net(), providers[2]!)).to.equal(MINIMUM_STAKE - share(1000))
  })

  it('charges a leaf once that a captured set put into the tree twice', async () => {
    const twice = [leafOf(2, providers[0]!, 300), leafOf(2, providers[0]!, 300), leafOf(2, providers[1]!, 50)]
    const double = await net().reportLeaves(2, twice)
    await net().evm.at(finalAt(net(), 2))
    await net().settleBatch(twice, double, [0, 1, 2])
    expect(await stakeOf(net(), providers[0]!)).to.equal(MINIMUM_STAKE - share(300))
    expect(await stakeOf(net(), providers[1]!)).to.equal(MINIMUM_STAKE - share(50))
  })

  it('has something to do only while a leaf is left', async () => {
    await final()
    await net().settleBatch(leaves, tree, [0, 4])
    await expectRevert(net().settleBatch(leaves, tree, [0, 4]), 'NothingToSettle', 1)
  })

  it('cannot be empty, though a multiproof of no leaves proves any root', async () => {
    await final()
    await expectRevert(send([], [tree.root], []), 'BatchNotInReport', 1)
    await expectRevert(send([], [], []), 'BatchNotInReport', 1)
  })

  it('rejects leaves in another order, wrong flags, wrong hashes and a changed leaf', async () => {
    await final()
    const { order, proof, flags } = tree.multiProof([0, 2, 4])
    const ordered = order.map(i => leaves[i]!)
    await expectRevert(send([...ordered].reverse(), proof, flags), 'BatchNotInReport', 1)
    await expectRevert(send(ordered, [...proof.slice(1), ZERO_HASH], flags), 'BatchNotInReport', 1)
    const changed = ordered.map((leaf, i) => (i === 1 ? { ...leaf, penaltyBps: 999 } : leaf))
    await expectRevert(send(changed, proof, flags), 'BatchNotInReport', 1)
    await send(ordered, proof, flags)
  })

  it('rejects a leaf without a penalty, and a leaf of another epoch under the same root', async () => {
    const stray = leafOf(9, providers[0]!, 300)
    const mixed = [leafOf(2, providers[1]!, 300), stray]
    const other = await net().reportLeaves(2, mixed)
    await net().evm.at(finalAt(net(), 2))
    await expectRevert(net().settleBatch(leaves, tree, [0, 1]), 'NoPenalty', 1, providers[1])
    const { order, proof, flags } = other.multiProof([0, 1])
    const ordered = order.map(i => mixed[i]!)
    const refused = net().slashing.send(net().deployer, 'settleBatch', net().headers.get(2), ordered, proof, flags)
    await expectRevert(refused, 'NotInReport', 9, toHex(leafHash(encodeLeaf(stray))))
  })

  it('waits for the settlement delay', async () => {
    await expectRevert(net().settleBatch(leaves, tree, [0]), 'NotFinal', 1, finalAt(net(), 1))
  })
})
