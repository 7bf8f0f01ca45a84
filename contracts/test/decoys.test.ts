import { expect } from 'chai'
import { type DecoyReveal, decoyCommitment } from '../../proto/decoy.js'
import { keccakText } from '../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { expectRevert } from './support/evm.js'
import { networkForEach, PARAMS, TestNetwork } from './support/network.js'

const DELAY = 4
const SEED = keccakText('seed')

describe('contracts: decoys', () => {
  const net = networkForEach(() => TestNetwork.running(4, { ...PARAMS, rewardDelayEpochs: DELAY }))
  let decoy: Hex
  let stranger: Hex
  beforeEach(async () => {
    decoy = await net().addProvider()
    stranger = net().newAccount()
    await net().evm.at(net().startOf(1))
  })
  const commitment = (range: Partial<DecoyReveal> = {}) =>
    decoyCommitment(
      { chainId: net().id.chainId, contract: net().decoys.address },
      { provider: decoy, firstEpoch: 2, lastEpoch: 3, seed: SEED, ...range },
    )
  const commit = (range: Partial<DecoyReveal> = {}) => net().decoys.send(stranger, 'commit', commitment(range))
  const reveal = (firstEpoch = 2, lastEpoch = 3, seed = SEED, from = decoy) =>
    net().decoys.send(from, 'reveal', firstEpoch, lastEpoch, seed)
  const reports = async (...epochs: number[]) => {
    for (const epoch of epochs) await net().report(epoch)
  }

  it('take commitments from any account, and a seed from the provider that the commitment names', async () => {
    const [posted] = net().decoys.events(await commit(), 'Committed')
    expect(posted?.args.commitment).to.equal(commitment())
    expect(await net().decoys.read('committedAt', commitment())).to.equal(BigInt(await net().evm.now()))
    await reports(1, 2, 3)
    const [shown] = net().decoys.events(await reveal(), 'Revealed')
    expect([...shown!.args].map(String)).to.deep.equal([shown!.args.provider, '2', '3', SEED])
    expect(shown!.args.provider.toLowerCase()).to.equal(decoy)
    expect(await net().decoys.read('revealedUpTo', decoy)).to.equal(3n)
  })

  it('compute the commitment as the nodes do', async () => {
    expect(await net().decoys.read('commitmentOf', decoy, 2, 3, SEED)).to.equal(commitment())
    expect(await net().decoys.read('commitmentOf', stranger, 7, 9, ZERO_HASH)).to.equal(
      commitment({ provider: stranger, firstEpoch: 7, lastEpoch: 9, seed: ZERO_HASH }),
    )
  })

  it('take a commitment before the network has started', async () => {
    const young = await TestNetwork.create({ ...PARAMS, rewardDelayEpochs: 2 })
    await young.decoys.send(stranger, 'commit', SEED)
    expect(await young.decoys.read('longestRange')).to.equal(1n)
  })

  it('need a delay of rewards in which a seed can be shown', async () => {
    const { decoys, providers, registry, reports: accepted } = net()
    const args = [providers.address, registry.address, accepted.address, 1]
    await expectRevert(decoys.evm.deploy(stranger, 'Decoys', args), 'DelayTooShort', 1)
  })

  describe('attacks', () => {
    it('a decoy reveals a seed that it did not commit', async () => {
      await commit()
      await reports(1, 2, 3)
      const other = keccakText('other')
      await expectRevert(reveal(2, 3, other), 'NotCommitted', commitment({ seed: other }))
      await expectRevert(reveal(2, 2), 'NotCommitted', commitment({ lastEpoch: 2 }))
      await expectRevert(reveal(3, 3), 'NotCommitted', commitment({ firstEpoch: 3 }))
    })

    it('somebody else reveals the seed, or copies the commitment', async () => {
      await commit()
      await expectRevert(net().decoys.send(decoy, 'commit', commitment()), 'AlreadyCommitted', commitment())
      await reports(1, 2, 3)
      await expectRevert(reveal(2, 3, SEED, stranger), 'NotCommitted', commitment({ provider: stranger }))
    })

    it('an account that is no provider commits and reveals', async () => {
      await commit({ provider: stranger })
      await reports(1, 2, 3)
      await expectRevert(reveal(2, 3, SEED, stranger), 'NotRegistered', stranger)
    })

    it('a decoy commits when the range has begun, or after it saw votes', async () => {
      await net().evm.nextAt(net().startOf(2) - 1)
      await commit({ lastEpoch: 2 })
      await net().evm.at(net().startOf(2))
      await commit()
      const committedAt = await net().evm.now()
      await reports(2, 3)
      await expectRevert(reveal(), 'CommittedTooLate', committedAt, net().startOf(2))
      await reveal(2, 2)
    })

    it('a decoy reveals while votes can still be cast', async () => {
      await commit()
      await reports(1, 2)
      await net().enter(4)
      await expectRevert(reveal(), 'RevealTooEarly', 2, 3)
      await reports(3)
      await reveal()
    })

    it('a decoy reveals late, when rewards were computed without the seed', async () => {
      await commit()
      await reports(1, 2, 3, 4)
      await net().evm.at(net().startOf(2 + DELAY))
      await expectRevert(reveal(), 'RevealTooLate', 2 + DELAY, 2 + DELAY)
    })

    it('a decoy reveals twice, or two seeds for one epoch', async () => {
      const other = keccakText('other')
      await commit()
      await commit({ seed: other })
      await commit({ firstEpoch: 3 })
      await commit({ firstEpoch: 4, lastEpoch: 4 })
      await reports(1, 2, 3)
      await reveal()
      await expectRevert(reveal(), 'AlreadyRevealed', 2, 3)
      await expectRevert(reveal(2, 3, other), 'AlreadyRevealed', 2, 3)
      await expectRevert(reveal(3, 3), 'AlreadyRevealed', 3, 3)
      await reports(4)
      await reveal(4, 4)
    })

    it('a decoy commits to a range that is empty, endless or before the first epoch', async () => {
      const most = DELAY - 1
      for (const [first, last] of [
        [3, 2],
        [2, 2 + most],
        [0, 0],
        [1, 2n ** 64n - 1n],
      ] as const)
        await expectRevert(net().decoys.send(decoy, 'reveal', first, last, SEED), 'WrongRange')
    })
  })
})
