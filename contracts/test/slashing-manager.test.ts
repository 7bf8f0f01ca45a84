import { expect } from 'chai'
import { type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import { encodeLeaf, type Leaf } from '../../proto/leaf.js'
import { leafHash } from '../../proto/merkle.js'
import { expectRevert } from './support/evm.js'
import { DAY, leafOf, MINIMUM_STAKE, networkForEach, PARAMS, TestNetwork, TOKEN, WEEK } from './support/network.js'
import {
  charge,
  finalAt,
  firstOfNextWeek,
  type Owed,
  owe,
  providerForEach,
  share,
  stakeOf,
  weekOf,
} from './support/settlements.js'

describe('contracts: settlement of one leaf', () => {
  const net = networkForEach(() => TestNetwork.running())
  const provider = providerForEach(net)
  const settle = ({ leaf, proof }: Owed, from?: Hex) => net().settle(leaf, proof, from)

  it('pays the bounty to the settler, burns the rest, and reports both in an event', async () => {
    const owed = await owe(net(), 1, 300, provider())
    await net().evm.at(finalAt(net(), 1))
    const supply = await net().token.read('totalSupply')
    const settler = net().newAccount()
    const receipt = await settle(owed, settler)
    const charged = share(300)
    const [event] = net().slashing.events(receipt, 'Settled')
    expect([event?.args.charged, event?.args.bounty, event?.args.burned]).to.deep.equal([
      charged,
      charged / 20n,
      charged - charged / 20n,
    ])
    expect(await net().token.read('balanceOf', settler)).to.equal(charged / 20n)
    expect(await net().token.read('totalSupply')).to.equal(supply - charged + charged / 20n)
    expect(await stakeOf(net(), provider())).to.equal(MINIMUM_STAKE - charged)
    expect(await net().slashing.read('chargedBpsIn', provider(), weekOf(net(), 1))).to.equal(300n)
  })

  it('happens only once', async () => {
    const owed = await owe(net(), 1, 300, provider())
    await net().evm.at(finalAt(net(), 1))
    expect(await net().slashing.read('isSettled', 1, provider())).to.equal(false)
    await settle(owed)
    expect(await net().slashing.read('isSettled', 1, provider())).to.equal(true)
    expect(await net().slashing.read('isSettled', 0, provider())).to.equal(false)
    await expectRevert(settle(owed), 'AlreadySettled', 1, provider())
  })

  it('needs a final report', async () => {
    const owed = await owe(net(), 1, 300, provider())
    await expectRevert(settle(owed), 'NotFinal', 1, finalAt(net(), 1))
    await net().evm.at(finalAt(net(), 1) - 2)
    await expectRevert(settle(owed), 'NotFinal')
    await net().evm.at(finalAt(net(), 1))
    await settle(owed)
  })

  it('needs a report of the epoch', async () => {
    const owed = await owe(net(), 1, 300, provider())
    await net().evm.at(finalAt(net(), 1))
    await expectRevert(settle({ ...owed, leaf: { ...owed.leaf, epoch: 2 } }), 'NotPosted', 2)
    await expectRevert(settle({ ...owed, leaf: { ...owed.leaf, epoch: 0 } }), 'NotPosted', 0)
  })

  it('needs a report with leaves', async () => {
    await net().report(1, { scoreRoot: ZERO_HASH, providerCount: 0 })
    await net().evm.at(finalAt(net(), 1))
    await expectRevert(net().settle(leafOf(1, provider(), 300), []), 'NotPosted', 1)
  })

  it('rejects a wrong proof, a leaf with any field changed, and an inner node', async () => {
    const owed = await owe(net(), 1, 300, provider())
    await net().evm.at(finalAt(net(), 1))
    const hashOf = (leaf: Leaf) => toHex(leafHash(encodeLeaf(leaf)))
    const refused = (leaf: Leaf, proof: readonly Hex[]) =>
      expectRevert(net().settle(leaf, proof), 'NotInReport', 1, hashOf(leaf))
    await refused(owed.leaf, [])
    await refused(owed.leaf, [ZERO_HASH])
    await refused(owed.leaf, [...owed.proof, ZERO_HASH])
    for (const [name, value] of Object.entries(owed.leaf)) {
      if (name === 'epoch') continue
      const changed =
        typeof value === 'number' ? value ^ 1 : name === 'provider' ? net().deployer : `0x${'11'.repeat(32)}`
      await refused({ ...owed.leaf, [name]: changed }, owed.proof)
    }
  })

  it('rejects a leaf without a penalty, and a penalty above the weekly limit', async () => {
    const leaves = [leafOf(1, provider(), 0), leafOf(1, net().deployer, 1001), leafOf(1, provider(), 65_535)]
    const tree = await net().reportLeaves(1, leaves)
    await net().evm.at(finalAt(net(), 1))
    await expectRevert(net().settle(leaves[0]!, tree.proof(0)), 'NoPenalty', 1, provider())
    await expectRevert(net().settle(leaves[1]!, tree.proof(1)), 'PenaltyTooHigh', 1001, 1000)
    await expectRevert(net().settle(leaves[2]!, tree.proof(2)), 'PenaltyTooHigh', 65_535, 1000)
  })

  it('charges nothing to an account that was never a provider', async () => {
    const owed = await owe(net(), 1, 300, net().newAccount())
    await net().evm.at(finalAt(net(), 1))
    expect(await charge(net(), owed)).to.equal(0n)
  })

  it('is possible until two weeks after the week of the epoch, and not later', async () => {
    const owed = await owe(net(), 1, 300, provider())
    const deadline = (weekOf(net(), 1) + 3) * WEEK
    await net().evm.at(deadline - 2)
    const id = await net().evm.snapshot()
    expect(await charge(net(), owed)).to.equal(share(300))
    await net().evm.rpc('evm_revert', id)
    await net().evm.at(deadline)
    await expectRevert(settle(owed), 'TooLate', 1, deadline)
  })
})

describe('contracts: settlement from a stake that changes', () => {
  const net = networkForEach(() => TestNetwork.running())
  const provider = providerForEach(net)

  it('reaches unbonding tokens', async () => {
    const owed = await owe(net(), 1, 1000, provider())
    await net().providers.send(provider(), 'exit')
    await net().evm.at(finalAt(net(), 1))
    expect(await charge(net(), owed)).to.equal(share(1000))
    const [amount] = await net().vault.read<bigint[]>('unbondingOf', net().providers.address, provider())
    expect(amount).to.equal(MINIMUM_STAKE - share(1000))
  })

  it('charges a share of the stake at the start of the week, not of later deposits', async () => {
    const next = firstOfNextWeek(net(), 1)
    await net().enter(next)
    await net().deposit(net().providers, provider(), 100n * TOKEN)
    const owed = await owe(net(), next, 1000, provider())
    await net().evm.at(finalAt(net(), next))
    expect(await charge(net(), owed)).to.equal(share(1000))
  })

  it('cannot be escaped, because unbonding outlasts the evidence period', async () => {
    await net().enter(2)
    await net().providers.send(provider(), 'exit')
    const owed = await owe(net(), 2, 1000, provider())
    const [, releaseAt] = await net().vault.read<bigint[]>('unbondingOf', net().providers.address, provider())
    const last = finalAt(net(), 2) + PARAMS.evidenceSeconds
    expect(last).to.be.lessThan(Number(releaseAt))
    await net().evm.at(last)
    await expectRevert(
      net().vault.send(provider(), 'withdraw', net().providers.address, provider()),
      'NothingToWithdraw',
    )
    expect(await charge(net(), owed)).to.equal(share(1000))
    await net().evm.at(Number(releaseAt))
    await net().vault.send(provider(), 'withdraw', net().providers.address, provider())
    expect(await net().token.read('balanceOf', provider())).to.equal(MINIMUM_STAKE - share(1000))
  })
})

describe('contracts: parameters of the slashing manager', () => {
  const net = networkForEach(() => TestNetwork.running())
  const manager = (vault: Hex, reports: Hex, evidence: number) =>
    net().evm.deploy(net().deployer, 'SlashingManager', [
      vault,
      reports,
      net().registry.address,
      net().providers.address,
      evidence,
    ])

  it('must leave time to settle before stake is released', async () => {
    const needed = PARAMS.unbondingSeconds
    const evidence = needed - PARAMS.settlementSeconds
    const { vault, reports } = net()
    await expectRevert(manager(vault.address, reports.address, evidence), 'UnbondingTooShort', needed, needed)
    await manager(vault.address, reports.address, evidence - 1)
  })

  it('must leave time to settle before the vault forgets the base', async () => {
    const reports = await net().evm.deploy(net().deployer, 'EpochReports', [
      net().registry.address,
      ZERO_HASH,
      7 * DAY + 1,
    ])
    await expectRevert(manager(net().vault.address, reports, 0), 'SettlementTooLong', 7 * DAY + 1, 7 * DAY)
  })
})
