import { expect } from 'chai'
import { encodeBytes32String } from 'ethers'
import { headerHash } from '../../proto/digests.js'
import { type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import { encodeLeaf, type Leaf } from '../../proto/leaf.js'
import { leafHash } from '../../proto/merkle.js'
import { expectRevert } from './support/evm.js'
import {
  HOUR,
  leafOf,
  MINIMUM_STAKE,
  networkForEach,
  PARAMS,
  SETTLE_REFUND,
  TestNetwork,
  TOKEN,
  WEEK,
} from './support/network.js'
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

  it('pays the refund to the settler, burns the rest, and reports both in an event', async () => {
    const owed = await owe(net(), 1, 300, provider())
    await net().evm.at(finalAt(net(), 1))
    const supply = await net().token.read('totalSupply')
    const settler = net().newAccount()
    const receipt = await settle(owed, settler)
    const charged = share(300)
    expect(net().slashing.events(receipt, 'Settled')[0]?.args.charged).to.equal(charged)
    const [event] = net().vault.events(receipt, 'Slashed')
    expect([event?.args.amount, event?.args.refunded]).to.deep.equal([charged, SETTLE_REFUND])
    expect(await net().token.read('balanceOf', settler)).to.equal(SETTLE_REFUND)
    expect(await net().token.read('totalSupply')).to.equal(supply - charged + SETTLE_REFUND)
    expect(await stakeOf(net(), provider())).to.equal(MINIMUM_STAKE - charged)
    expect(await net().slashing.read('chargedBpsIn', provider(), weekOf(net(), 1))).to.equal(300n)
  })

  it('pays nothing to a verifier, so that nobody earns by certifying a penalty', async () => {
    const owed = await owe(net(), 1, 300, provider())
    await net().evm.at(finalAt(net(), 1))
    const { account } = net().verifiers[2]!
    const [event] = net().vault.events(await settle(owed, account), 'Slashed')
    expect([event?.args.amount, event?.args.refunded]).to.deep.equal([share(300), 0n])
    expect(await net().token.read('balanceOf', account)).to.equal(0n)
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
    await net().evm.nextAt(finalAt(net(), 1) - 1)
    await expectRevert(settle(owed), 'NotFinal')
    await net().evm.at(finalAt(net(), 1))
    await settle(owed)
  })

  it('needs a report of the epoch', async () => {
    const owed = await owe(net(), 1, 300, provider())
    await net().evm.at(finalAt(net(), 1))
    const header = net().headers.get(1)!
    for (const epoch of [0, 2]) {
      const refused = net().settle(owed.leaf, owed.proof, net().deployer, { ...header, epoch })
      await expectRevert(refused, 'NotPosted', epoch)
    }
  })

  it('needs a report with leaves', async () => {
    await net().report(1, { scoreRoot: ZERO_HASH, providerCount: 0 })
    await net().evm.at(finalAt(net(), 1))
    await expectRevert(net().settle(leafOf(1, provider(), 300), []), 'NotInReport')
  })

  it('needs the header of the accepted report', async () => {
    const { leaf, proof } = await owe(net(), 1, 300, provider())
    await net().evm.at(finalAt(net(), 1))
    const header = net().headers.get(1)!
    const accepted = headerHash(net().id, header)
    for (const change of [{ scoreRoot: ZERO_HASH }, { era: 2 }, { commonFailure: true }, { providerCount: 9 }]) {
      const other = { ...header, ...change }
      const refused = net().settle(leaf, proof, net().deployer, other)
      await expectRevert(refused, 'NotTheReport', 1, headerHash(net().id, other), accepted)
    }
  })

  it('takes no leaf of another epoch, even if the report holds one', async () => {
    const stray = leafOf(7, provider(), 300)
    const tree = await net().reportLeaves(1, [stray, leafOf(1, provider(), 0)])
    await net().evm.at(finalAt(net(), 1))
    const hash = toHex(leafHash(encodeLeaf(stray)))
    const header = net().headers.get(1)!
    await expectRevert(net().settle(stray, tree.proof(0), net().deployer, header), 'NotInReport', 7, hash)
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

  it('rejects a leaf without a penalty', async () => {
    const tree = await net().reportLeaves(1, [leafOf(1, provider(), 0), leafOf(1, net().deployer, 100)])
    await net().evm.at(finalAt(net(), 1))
    await expectRevert(net().settle(leafOf(1, provider(), 0), tree.proof(0)), 'NoPenalty', 1, provider())
  })

  it('clips a penalty above the weekly limit, so that it cannot be dodged by being too high', async () => {
    for (const bps of [1001, 1500, 65_535]) {
      const restore = await net().checkpoint()
      const owed = await owe(net(), 1, bps, provider())
      await net().evm.at(finalAt(net(), 1))
      expect(await charge(net(), owed)).to.equal(share(1000))
      await restore()
    }
  })

  it('pays no more than the charge as a refund', async () => {
    const owed = await owe(net(), 1, 300, provider())
    const poor = await owe(net(), 2, 300, net().newAccount())
    await net().evm.at(finalAt(net(), 2))
    const settler = net().newAccount()
    await settle(poor, settler)
    expect(await net().token.read('balanceOf', settler)).to.equal(0n)
    await settle(owed, settler)
    expect(await net().token.read('balanceOf', settler)).to.equal(SETTLE_REFUND)
  })

  it('charges nothing to an account that was never a provider', async () => {
    const owed = await owe(net(), 1, 300, net().newAccount())
    await net().evm.at(finalAt(net(), 1))
    expect(await charge(net(), owed)).to.equal(0n)
  })

  it('is possible until two weeks after the week of the epoch, and not later', async () => {
    const owed = await owe(net(), 1, 300, provider())
    const deadline = (weekOf(net(), 1) + 3) * WEEK
    const id = await net().evm.snapshot()
    await net().evm.nextAt(deadline - 1)
    expect(await charge(net(), owed)).to.equal(share(300))
    await net().evm.revert(id)
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
  const rules = { settleRefund: 0, evidenceSeconds: PARAMS.evidenceSeconds, maxPenaltyBps: 1000, networkWeeklyBps: 333 }
  const manager = (change: object, { registry = net().registry.address, reports = net().reports.address } = {}) =>
    net().evm.deploy(net().deployer, 'SlashingManager', [
      ...[net().vault.address, reports, registry, net().providers.address],
      { ...rules, breachBps: 7500, windowEpochs: 1, ...change },
    ])
  const reportsOf = (registry: Hex, settlement: number) =>
    net().evm.deploy(net().deployer, 'EpochReports', [registry, ZERO_HASH, settlement])

  it('must leave time to settle before stake is released, with the two epochs before finality', async () => {
    const needed = PARAMS.unbondingSeconds
    const evidenceSeconds = needed - PARAMS.settlementSeconds - 2 * HOUR
    await expectRevert(manager({ evidenceSeconds }), 'UnbondingTooShort', needed, needed)
    await manager({ evidenceSeconds: evidenceSeconds - 1 })
  })

  it('must leave a week to settle before the vault forgets the base', async () => {
    const { address } = net().registry
    const late = await reportsOf(address, WEEK - 2 * HOUR + 1)
    await expectRevert(manager({ evidenceSeconds: 0 }, { reports: late }), 'FinalityTooLate', WEEK + 1, WEEK)
    await manager({ evidenceSeconds: 0 }, { reports: await reportsOf(address, WEEK - 2 * HOUR) })
  })

  it('cannot have epochs of a week, which would be final after the base is forgotten', async () => {
    const { vault, slashing, evm, deployer } = net()
    const config = { verifierBond: 1, epochSeconds: WEEK, eraEpochs: 1, startDelay: 1, minimumVerifiers: 1 }
    const args = [vault.address, net().reports.address, slashing.address, config, [deployer]]
    const registry = await evm.deploy(deployer, 'VerifierRegistry', args)
    const reports = await reportsOf(registry, 1)
    await expectRevert(manager({}, { registry, reports }), 'FinalityTooLate', 2 * WEEK + 1, WEEK)
  })

  it('must have rules that hold something', async () => {
    const refused = async (rule: string, value: number, maximum: number) =>
      expectRevert(manager({ [rule]: value }), 'RuleOutOfRange', encodeBytes32String(rule), value, maximum)
    for (const value of [0, 1001]) await refused('maxPenaltyBps', value, 1000)
    for (const value of [0, 1001]) await refused('networkWeeklyBps', value, 1000)
    for (const value of [0, 10_001]) await refused('breachBps', value, 10_000)
    await expectRevert(manager({ windowEpochs: 0 }), 'RuleOutOfRange')
  })
})
