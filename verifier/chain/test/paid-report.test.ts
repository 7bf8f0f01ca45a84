/** What the facts at B(e) say of the report that is paid and of the pot, and claims on a real chain. */
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { ZERO_HASH } from '../../../proto/hex.js'
import { REWARDS_POT } from '../../../testnet/network/setup.js'
import { NO_PAID_REPORT } from '../../core/facts.js'
import { rewardsTree } from '../../core/rewards/rewards.js'
import { postTo, receiptOf, useLiveNetwork } from './live-network.js'

describe('the facts that rewards follow from', () => {
  const net = useLiveNetwork()
  const paidAt = async (epoch: number) => (await net.chain.factsAt(epoch))!.paidReport

  it('name the report of two epochs before, with the positions that did not sign', async () => {
    const first = net.live.certify(await net.live.runTo(1), ZERO_HASH, 0, [0, 2, 3])
    await postTo(net.chain, first)
    const second = net.live.certify(await net.live.runTo(2), first.headerHash)
    await postTo(net.chain, second)
    await net.live.runTo(5)
    expect(await Promise.all([1, 2, 3, 4].map(paidAt))).to.deep.equal([
      NO_PAID_REPORT,
      NO_PAID_REPORT,
      { ...NO_PAID_REPORT, epoch: 1, headerHash: first.headerHash, nonSigners: [1] },
      { ...NO_PAID_REPORT, epoch: 2, headerHash: second.headerHash },
    ])
    expect(await paidAt(5), 'epoch 3 has no report').to.deep.equal(NO_PAID_REPORT)
  })

  it('attack: a reorganisation posts the same header with other signers', async () => {
    const facts = await net.live.runTo(1)
    const before = await net.live.snapshot()
    for (const signers of [
      [0, 1, 2],
      [1, 2, 3],
    ]) {
      await postTo(net.chain, net.live.certify(facts, ZERO_HASH, 0, signers))
      await net.live.runTo(3)
      const missing = [0, 1, 2, 3].filter(position => !signers.includes(position))
      expect((await paidAt(3)).nonSigners).to.deep.equal(missing)
      if (signers[0] === 0) await net.live.revert(before)
    }
  })

  it('count what was in the pot at B(e), and not what came later', async () => {
    await net.live.runTo(1)
    await fund(7n)
    await net.live.runTo(2)
    await fund(9n)
    const funded = await Promise.all([2, 3].map(async epoch => (await net.chain.factsAt(epoch))!.rewardsFunded))
    expect(funded).to.deep.equal([REWARDS_POT, REWARDS_POT + 7n])
    expect(await net.chain.rewardsPot()).to.deep.equal({ funded: REWARDS_POT + 16n, left: REWARDS_POT + 16n })
  })

  it('pay a claim once, whoever sends it', async () => {
    const { account } = net.live.setup.verifiers[0]!
    const reward = { account, cumulative: 5n }
    const tree = rewardsTree([reward])
    const certified = net.live.certify(await net.live.runTo(1), ZERO_HASH, 0, [0, 1, 2, 3], {
      rewardsRoot: tree.root,
    })
    expect(await postTo(net.chain, certified)).to.have.property('kind', 'done')
    await net.live.runTo(3)
    const other = await net.live.connectAs('p1')
    try {
      const early = await other.claimRewards({ ...certified.header, epoch: 2 }, reward, tree.proof(0))
      expect(early).to.have.property('reason').that.includes('NotPosted')
      expect(await other.claimRewards(certified.header, reward, tree.proof(0))).to.have.property('kind', 'done')
      expect(await other.claimRewards(certified.header, reward, tree.proof(0))).to.deep.equal({ kind: 'already' })
    } finally {
      other.close()
    }
    expect(await net.chain.rewardsClaimed(account)).to.equal(5n)
    expect(await net.chain.rewardsPot()).to.deep.equal({ funded: REWARDS_POT, left: REWARDS_POT - 5n })
  })

  /** The deployer adds to the pot. */
  async function fund(amount: bigint): Promise<void> {
    const { contracts, provider } = net.chain.context
    const { stakeToken: token, rewardsDistributor: pot } = contracts
    const wallet = new Wallet(net.live.anvil.accounts[0]!.privateKey, provider)
    for (const [contract, what, args] of [
      [token, 'approve', [pot.target, amount]],
      [pot, 'fund', [amount]],
    ] as const) {
      const data = contract.interface.encodeFunctionData(what, [...args])
      const sent = await wallet.sendTransaction({ to: contract.target, data, gasLimit: 200_000 })
      expect((await receiptOf(sent)).status).to.equal(1)
    }
  }
})
