import { expect } from 'chai'
import fc from 'fast-check'
import { type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import { encodeLeaf, type Leaf } from '../../proto/leaf.js'
import { leafHash } from '../../proto/merkle.js'
import { expectRevert, type Receipt } from './support/evm.js'
import {
  DAY,
  HOUR,
  leafOf,
  MINIMUM_STAKE,
  networkForEach,
  PARAMS,
  TestNetwork,
  TOKEN,
  WEEK,
} from './support/network.js'

const SEED = 20_261_124
const FULL_BPS = 10_000n
const WEEK_EPOCHS = WEEK / HOUR

/** A leaf that was reported, with its proof. */
interface Owed {
  readonly leaf: Leaf
  readonly proof: readonly Hex[]
}

describe('contracts: settlements', () => {
  const net = networkForEach(() => TestNetwork.running())
  let provider: Hex
  beforeEach(async () => {
    provider = await net().addProvider()
  })
  const stake = (account = provider) => net().vault.read('slashable', net().providers.address, account)
  const share = (bps: number, base = MINIMUM_STAKE) => (base * BigInt(bps)) / FULL_BPS
  const chargedIn = (receipt: Receipt): bigint => net().slashing.events(receipt, 'Settled')[0]?.args.charged

  /** Reports an epoch in which the provider owes this, beside a leaf that owes nothing. */
  async function owe(epoch: number, penaltyBps: number, account = provider): Promise<Owed> {
    const leaves = [leafOf(epoch, account, penaltyBps), leafOf(epoch, net().deployer, 0)]
    const tree = await net().reportLeaves(epoch, leaves)
    return { leaf: leaves[0]!, proof: tree.proof(0) }
  }
  const finalAt = (epoch: number) => net().startOf(epoch + 2) + PARAMS.settlementSeconds
  const settle = ({ leaf, proof }: Owed, from?: Hex) => net().settle(leaf, proof, from)
  /** The week of an epoch, and the first epoch that starts in the week after it. */
  const weekOf = (epoch: number) => Math.floor(net().startOf(epoch) / WEEK)
  const firstOfNextWeek = (epoch: number) => Math.ceil(((weekOf(epoch) + 1) * WEEK - net().genesis) / HOUR) + 1

  describe('of one leaf', () => {
    it('pays the bounty to who settles, burns the rest, and says so', async () => {
      const owed = await owe(1, 300)
      await net().evm.at(finalAt(1))
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
      expect(await stake()).to.equal(MINIMUM_STAKE - charged)
      expect(await net().slashing.read('chargedBpsIn', provider, weekOf(1))).to.equal(300n)
    })

    it('once only', async () => {
      const owed = await owe(1, 300)
      await net().evm.at(finalAt(1))
      expect(await net().slashing.read('isSettled', 1, provider)).to.equal(false)
      await settle(owed)
      expect(await net().slashing.read('isSettled', 1, provider)).to.equal(true)
      expect(await net().slashing.read('isSettled', 0, provider)).to.equal(false)
      await expectRevert(settle(owed), 'AlreadySettled', 1, provider)
    })

    it('not before the report is final', async () => {
      const owed = await owe(1, 300)
      await expectRevert(settle(owed), 'NotFinal', 1, finalAt(1))
      await net().evm.at(finalAt(1) - 2)
      await expectRevert(settle(owed), 'NotFinal')
      await net().evm.at(finalAt(1))
      await settle(owed)
    })

    it('not of an epoch without a report', async () => {
      const owed = await owe(1, 300)
      await net().evm.at(finalAt(1))
      await expectRevert(settle({ ...owed, leaf: { ...owed.leaf, epoch: 2 } }), 'NotPosted', 2)
      await expectRevert(settle({ ...owed, leaf: { ...owed.leaf, epoch: 0 } }), 'NotPosted', 0)
    })

    it('not of a report without leaves', async () => {
      await net().report(1, { scoreRoot: ZERO_HASH, providerCount: 0 })
      await net().evm.at(finalAt(1))
      await expectRevert(net().settle(leafOf(1, provider, 300), []), 'NotPosted', 1)
    })

    it('not with a wrong proof, nor a leaf changed in any field, nor an inner node', async () => {
      const owed = await owe(1, 300)
      await net().evm.at(finalAt(1))
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

    it('not where nothing is owed, nor more than the limit', async () => {
      const leaves = [leafOf(1, provider, 0), leafOf(1, net().deployer, 1001), leafOf(1, provider, 65_535)]
      const tree = await net().reportLeaves(1, leaves)
      await net().evm.at(finalAt(1))
      await expectRevert(net().settle(leaves[0]!, tree.proof(0)), 'NoPenalty', 1, provider)
      await expectRevert(net().settle(leaves[1]!, tree.proof(1)), 'PenaltyTooHigh', 1001, 1000)
      await expectRevert(net().settle(leaves[2]!, tree.proof(2)), 'PenaltyTooHigh', 65_535, 1000)
    })

    it('of an account that was never a provider takes nothing', async () => {
      const owed = await owe(1, 300, net().newAccount())
      await net().evm.at(finalAt(1))
      expect(chargedIn(await settle(owed))).to.equal(0n)
    })

    it('until two weeks after its week, and not later', async () => {
      const owed = await owe(1, 300)
      const deadline = (weekOf(1) + 3) * WEEK
      await net().evm.at(deadline - 2)
      const id = await net().evm.snapshot()
      expect(chargedIn(await settle(owed))).to.equal(share(300))
      await net().evm.rpc('evm_revert', id)
      await net().evm.at(deadline)
      await expectRevert(settle(owed), 'TooLate', 1, deadline)
    })
  })

  describe('of a week', () => {
    it('together take a tenth at most, and the week after its own tenth', async () => {
      const first = 1
      const next = firstOfNextWeek(first)
      const owed = [await owe(first, 600), await owe(first + 1, 300), await owe(first + 2, 300)]
      const later = [await owe(next, 700), await owe(next + 1, 700)]
      await net().evm.at(finalAt(next + 1))
      const taken: bigint[] = []
      for (const one of [...owed, ...later]) taken.push(chargedIn(await settle(one)))
      expect(taken.slice(0, 3)).to.deep.equal([share(600), share(300), share(100)])
      // settled after the second week began, so the first week's penalties are still in the second one's base
      expect(taken.slice(3)).to.deep.equal([share(700), share(300)])
      expect(await stake()).to.equal(MINIMUM_STAKE - 2n * share(1000))
      for (const { leaf } of [...owed, ...later])
        expect(await net().slashing.read('isSettled', leaf.epoch, provider)).to.equal(true)
      expect(await net().slashing.read('chargedBpsIn', provider, weekOf(first))).to.equal(1000n)
    })

    it('at its boundary fall to the week in which their epoch starts', async () => {
      const next = firstOfNextWeek(1)
      const owed = [await owe(next - 1, 1000), await owe(next, 1000)]
      await net().evm.at(finalAt(next))
      for (const one of owed) expect(chargedIn(await settle(one))).to.equal(share(1000))
      expect(await net().slashing.read('chargedBpsIn', provider, weekOf(1))).to.equal(1000n)
      expect(await net().slashing.read('chargedBpsIn', provider, weekOf(1) + 1)).to.equal(1000n)
    })

    it('come to the same sum in any order, over the limit and across a week, for any stake', async () => {
      const odd = net().newAccount()
      const amount = 777_777_777_777_777_777_777n
      await net().deposit(net().providers, odd, amount)
      await net().providers.send(odd, 'register', 1, ZERO_HASH, ZERO_HASH)
      const next = firstOfNextWeek(1)
      const owed: Owed[] = []
      for (const [epoch, bps] of [
        [1, 333],
        [2, 1],
        [3, 457],
        [4, 999],
        [next - 1, 17],
        [next, 512],
        [next + 1, 613],
      ] as const)
        owed.push(await owe(epoch, bps, odd))
      await net().evm.at(finalAt(next + 1))
      const sums = new Set<bigint>()
      const order = fc.shuffledSubarray(owed, { minLength: owed.length, maxLength: owed.length })
      const run = async (shuffled: readonly Owed[]) => {
        const restore = await net().checkpoint()
        const before = await stake(odd)
        for (const one of shuffled) await settle(one)
        sums.add(before - (await stake(odd)))
        await restore()
        expect(sums.size).to.equal(1)
      }
      await fc.assert(fc.asyncProperty(order, run), { seed: SEED, numRuns: 10 })
    })

    it('have a place for each epoch, however many', async () => {
      const all = firstOfNextWeek(1)
      const owed = [await owe(all, 100), await owe(all + WEEK_EPOCHS - 1, 100)]
      await net().evm.at(finalAt(all + WEEK_EPOCHS - 1))
      for (const one of owed) expect(chargedIn(await settle(one))).to.equal(share(100))
    })
  })

  describe('of stake that moves', () => {
    it('reach what is unbonding, active first', async () => {
      const owed = await owe(1, 1000)
      await net().providers.send(provider, 'exit')
      await net().evm.at(finalAt(1))
      expect(chargedIn(await settle(owed))).to.equal(share(1000))
      const [amount] = await net().vault.read<bigint[]>('unbondingOf', net().providers.address, provider)
      expect(amount).to.equal(MINIMUM_STAKE - share(1000))
    })

    it('are a share of what was there at the start of the week, not of what was added since', async () => {
      const next = firstOfNextWeek(1)
      await net().enter(next)
      await net().deposit(net().providers, provider, 100n * TOKEN)
      const owed = await owe(next, 1000)
      await net().evm.at(finalAt(next))
      expect(chargedIn(await settle(owed))).to.equal(share(1000))
    })

    it('cannot be escaped: unbonding outlasts the time for evidence', async () => {
      await net().enter(2)
      await net().providers.send(provider, 'exit')
      const owed = await owe(2, 1000)
      const [, releaseAt] = await net().vault.read<bigint[]>('unbondingOf', net().providers.address, provider)
      const last = finalAt(2) + PARAMS.evidenceSeconds
      expect(last).to.be.lessThan(Number(releaseAt))
      await net().evm.at(last)
      await expectRevert(net().vault.send(provider, 'withdraw', net().providers.address), 'NothingToWithdraw')
      expect(chargedIn(await settle(owed))).to.equal(share(1000))
      await net().evm.at(Number(releaseAt))
      await net().vault.send(provider, 'withdraw', net().providers.address)
      expect(await net().token.read('balanceOf', provider)).to.equal(MINIMUM_STAKE - share(1000))
    })
  })

  describe('parameters', () => {
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

    it('must leave time to settle before the base is forgotten', async () => {
      const reports = await net().evm.deploy(net().deployer, 'EpochReports', [
        net().registry.address,
        ZERO_HASH,
        7 * DAY + 1,
      ])
      await expectRevert(manager(net().vault.address, reports, 0), 'SettlementTooLong', 7 * DAY + 1, 7 * DAY)
    })
  })
})

describe('contracts: settlements of short epochs', () => {
  const epochSeconds = 600 // 1008 in a week: more than one word has places for
  const net = networkForEach(() => TestNetwork.running(4, { ...PARAMS, epochSeconds }))

  it('share one weekly limit, in any word', async () => {
    const provider = await net().addProvider()
    const monday = Math.ceil(net().genesis / WEEK) * WEEK
    const first = Math.ceil((monday - net().genesis) / epochSeconds) + 1
    const epochs = [first, first + 240, first + 500, first + 1000]
    const owed: { leaf: Leaf; proof: Hex[] }[] = []
    for (const epoch of epochs) {
      const leaf = leafOf(epoch, provider, 400)
      const tree = await net().reportLeaves(epoch, [leaf])
      owed.push({ leaf, proof: tree.proof(0) })
    }
    await net().evm.at(net().startOf(first + 1002) + PARAMS.settlementSeconds)
    const taken: bigint[] = []
    for (const { leaf, proof } of owed.reverse()) {
      const receipt = await net().settle(leaf, proof)
      taken.push(net().slashing.events(receipt, 'Settled')[0]?.args.charged)
      await expectRevert(net().settle(leaf, proof), 'AlreadySettled', leaf.epoch, provider)
      expect(await net().slashing.read('isSettled', leaf.epoch, provider)).to.equal(true)
    }
    const share = (bps: bigint) => (MINIMUM_STAKE * bps) / FULL_BPS
    expect(taken).to.deep.equal([share(400n), share(400n), share(200n), 0n])
    expect(await net().slashing.read('chargedBpsIn', provider, monday / WEEK)).to.equal(1000n)
  })
})
