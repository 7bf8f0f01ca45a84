import { expect } from 'chai'
import { encodeWords } from '../../proto/abi.js'
import { headerHash } from '../../proto/digests.js'
import type { Header } from '../../proto/header.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { encodeLeaf } from '../../proto/leaf.js'
import { MerkleTree } from '../../proto/merkle.js'
import { Bound, expectRevert } from './support/evm.js'
import { leafOf, networkForEach, PARAMS, TestNetwork, TOKEN } from './support/network.js'
import { afterDelay, claim, fundPot, type RewardReport, reportRewards } from './support/rewards.js'

const POT = 1000n * TOKEN

describe('contracts: rewards', () => {
  const net = networkForEach(() => TestNetwork.running())
  let [earner, other]: Hex[] = []
  beforeEach(async () => {
    earner = net().newAccount()
    other = net().newAccount()
    await fundPot(net(), POT)
  })

  const show = (epoch: number, cumulative: bigint): Promise<RewardReport> =>
    reportRewards(net(), epoch, [
      { account: earner!, cumulative },
      { account: other!, cumulative: TOKEN },
    ])
  const balanceOf = (account: Hex): Promise<bigint> => net().token.read('balanceOf', account)
  const claimedBy = (account: Hex): Promise<bigint> => net().rewards.read('claimed', account)
  const send = (header: RewardReport['header'], cumulative: bigint, proof: readonly Hex[]) =>
    net().rewards.send(net().deployer, 'claim', header, earner, cumulative, proof)

  it('counts what anybody puts into the pot', async () => {
    expect(await net().rewards.read('funded')).to.equal(POT)
    const receipt = await fundPot(net(), 5n)
    const [funded] = net().rewards.events(receipt, 'Funded')
    expect(funded?.args.amount).to.equal(5n)
    expect(await net().rewards.read('funded')).to.equal(POT + 5n)
    await expectRevert(net().rewards.send(net().deployer, 'fund', 0), 'NothingToFund')
  })

  it('pays an account what a final report shows, whoever calls, and says so in an event', async () => {
    const report = await show(1, 30n * TOKEN)
    await afterDelay(net(), 1)
    const receipt = await claim(net(), report, earner!, other)
    const [claimed] = net().rewards.events(receipt, 'Claimed')
    expect(claimed?.args.toArray()).to.deep.equal([claimed?.args.account, 1n, 30n * TOKEN, 30n * TOKEN])
    expect(await balanceOf(earner!)).to.equal(30n * TOKEN)
    expect(await balanceOf(other!)).to.equal(0n)
    expect(await balanceOf(net().rewards.address)).to.equal(POT - 30n * TOKEN)
  })

  it('pays from a later report only what is new, and twice never', async () => {
    const first = await show(1, 30n * TOKEN)
    const second = await show(2, 45n * TOKEN)
    await afterDelay(net(), 2)
    await claim(net(), first, earner!)
    await claim(net(), second, earner!)
    expect(await balanceOf(earner!)).to.equal(45n * TOKEN)
    await expectRevert(claim(net(), second, earner!), 'NothingToClaim', earner, 45n * TOKEN, 45n * TOKEN)
  })

  it('needs a report whose settlement delay has passed', async () => {
    const report = await show(1, 30n * TOKEN)
    const finalAt = net().startOf(3) + PARAMS.settlementSeconds
    await expectRevert(claim(net(), report, earner!), 'NotFinal', 1, finalAt)
    await net().evm.nextAt(finalAt - 1)
    await expectRevert(claim(net(), report, earner!), 'NotFinal', 1, finalAt)
    await net().evm.at(finalAt)
    await claim(net(), report, earner!)
  })

  it('attack: an older report after a newer one takes nothing back and pays nothing', async () => {
    const first = await show(1, 30n * TOKEN)
    const second = await show(2, 45n * TOKEN)
    await afterDelay(net(), 2)
    await claim(net(), second, earner!)
    await expectRevert(claim(net(), first, earner!), 'NothingToClaim', earner, 45n * TOKEN, 30n * TOKEN)
    expect(await claimedBy(earner!)).to.equal(45n * TOKEN)
  })

  it('attack: more than the report shows, for another account, or with a cut or a longer proof', async () => {
    const report = await show(1, 30n * TOKEN)
    await afterDelay(net(), 1)
    const { header, tree } = report
    const proof = tree.proof(0)
    for (const [cumulative, given] of [
      [30n * TOKEN + 1n, proof],
      [TOKEN, tree.proof(1)], // the other account's
      [30n * TOKEN, []],
      [30n * TOKEN, [...proof, ZERO_HASH]],
    ] as const) {
      await expectRevert(send(header, cumulative, given), 'NotInReport', 1, earner, cumulative)
    }
  })

  it('attack: the proof of a tree that no report holds', async () => {
    const { header } = await show(1, 30n * TOKEN)
    await afterDelay(net(), 1)
    const hashOf = (of: Header) => headerHash(net().id, of)
    const forged = { ...header, rewardsRoot: ZERO_HASH }
    await expectRevert(send(forged, POT, []), 'NotTheReport', 1, hashOf(forged), hashOf(header))
    await expectRevert(send({ ...header, epoch: 2 }, POT, []), 'NotPosted', 2)
  })

  it('attack: a leaf of the ballot set, or of the score tree, as a leaf of the rewards tree', async () => {
    // A ballot set's leaf is a number of 32 bits and a word: without a domain it reads as an account and an amount.
    const ballotSet = encodeWords(['uint32', 'bytes32'], [7, `0x${POT.toString(16).padStart(64, '0')}`])
    const tree = new MerkleTree([ballotSet, encodeLeaf(leafOf(1, earner!, 0))])
    await net().enter(2)
    const header = await net().header(1, { rewardsRoot: tree.root, scoreRoot: tree.root, ballotSetRoot: tree.root })
    await net().post(net().certify(header))
    await afterDelay(net(), 1)
    const account = `0x${'7'.padStart(40, '0')}`
    const asReward = (i: number) => net().rewards.send(net().deployer, 'claim', header, account, POT, tree.proof(i))
    await expectRevert(asReward(0), 'NotInReport', 1, account, POT)
    await expectRevert(asReward(1), 'NotInReport', 1, account, POT)
  })

  it('attack: a report that is not in the chain any more', async () => {
    const before = await net().evm.snapshot()
    const gone = await show(1, POT)
    await net().evm.revert(before)
    const kept = await show(1, 30n * TOKEN)
    await afterDelay(net(), 1)
    const [given, accepted] = [gone, kept].map(({ header }) => headerHash(net().id, header))
    await expectRevert(claim(net(), gone, earner!), 'NotTheReport', 1, given, accepted)
    await claim(net(), kept, earner!)
    expect(await balanceOf(earner!)).to.equal(30n * TOKEN)
  })

  it('attack: a certified amount above the pot pays nothing until the pot suffices', async () => {
    const report = await show(1, POT + 1n)
    await afterDelay(net(), 1)
    await expectRevert(claim(net(), report, earner!), 'PotTooSmall', POT, POT + 1n)
    await claim(net(), report, other!)
    await expectRevert(claim(net(), report, earner!), 'PotTooSmall', POT - TOKEN, POT + 1n)
    await fundPot(net(), TOKEN + 1n)
    await claim(net(), report, earner!)
    expect(await balanceOf(net().rewards.address)).to.equal(0n)
  })

  it('attack: a token that delivers less than it was asked for fills no pot', async () => {
    const token = net().newAccount()
    await net().evm.rpc('anvil_setCode', token, SAYS_ONE)
    const address = await net().evm.deploy(net().deployer, 'RewardsDistributor', [token, net().reports.address])
    const rewards = new Bound(net().evm, address, 'RewardsDistributor')
    await expectRevert(rewards.send(net().deployer, 'fund', 100), 'WrongAmountReceived', 100, 0)
    expect(await rewards.read('funded')).to.equal(0n)
  })
})

/** Code of a token that answers 1 to everything: a transfer succeeds, and no balance changes. */
const SAYS_ONE = '0x600160005260206000f3'
