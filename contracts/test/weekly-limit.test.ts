import { expect } from 'chai'
import { ZeroAddress } from 'ethers'
import fc from 'fast-check'
import { ZERO_HASH } from '../../proto/hex.js'
import { expectRevert } from './support/evm.js'
import { HOUR, leafOf, MINIMUM_STAKE, networkForEach, PARAMS, TestNetwork, WEEK } from './support/network.js'
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

const SEED = 20_261_124
const WEEK_EPOCHS = WEEK / HOUR

describe('contracts: penalties of a week', () => {
  const net = networkForEach(() => TestNetwork.running())
  const provider = providerForEach(net)

  it('charge a tenth of the stake at most, and those of the next week another tenth', async () => {
    const first = 1
    const next = firstOfNextWeek(net(), first)
    const owed: Owed[] = []
    for (const [epoch, bps] of [
      [first, 600],
      [first + 1, 300],
      [first + 2, 300],
      [next, 700],
      [next + 1, 700],
    ] as const)
      owed.push(await owe(net(), epoch, bps, provider()))
    await net().evm.at(finalAt(net(), next + 1))
    const taken: bigint[] = []
    for (const one of owed) taken.push(await charge(net(), one))
    expect(taken.slice(0, 3)).to.deep.equal([share(600), share(300), share(100)])
    // The first week is settled after the second week began, so its charges do not lower the second week's base.
    expect(taken.slice(3)).to.deep.equal([share(700), share(300)])
    expect(await stakeOf(net(), provider())).to.equal(MINIMUM_STAKE - 2n * share(1000))
    for (const { leaf } of owed) expect(await net().slashing.read('isSettled', leaf.epoch, provider())).to.equal(true)
    expect(await net().slashing.read('chargedBpsIn', provider(), weekOf(net(), first))).to.equal(1000n)
  })

  it('are those of the epochs that start in the week', async () => {
    const next = firstOfNextWeek(net(), 1)
    const owed = [await owe(net(), next - 1, 1000, provider()), await owe(net(), next, 1000, provider())]
    await net().evm.at(finalAt(net(), next))
    for (const one of owed) expect(await charge(net(), one)).to.equal(share(1000))
    expect(await net().slashing.read('chargedBpsIn', provider(), weekOf(net(), 1))).to.equal(1000n)
    expect(await net().slashing.read('chargedBpsIn', provider(), weekOf(net(), 1) + 1)).to.equal(1000n)
  })

  it('charge the same sum in any order, over the limit and across weeks, from any stake', async () => {
    const odd = net().newAccount()
    const amount = 777_777_777_777_777_777_777n
    await net().deposit(net().providers, odd, amount)
    await net().providers.send(odd, 'register', 25_000, ZERO_HASH, ZERO_HASH, ZeroAddress)
    const next = firstOfNextWeek(net(), 1)
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
      owed.push(await owe(net(), epoch, bps, odd))
    await net().evm.at(finalAt(net(), next + 1))
    const sums = new Set<bigint>()
    const order = fc.shuffledSubarray(owed, { minLength: owed.length, maxLength: owed.length })
    const run = async (shuffled: readonly Owed[]) => {
      const restore = await net().checkpoint()
      const before = await stakeOf(net(), odd)
      for (const one of shuffled) await charge(net(), one)
      sums.add(before - (await stakeOf(net(), odd)))
      await restore()
      expect(sums.size).to.equal(1)
    }
    await fc.assert(fc.asyncProperty(order, run), { seed: SEED, numRuns: 10 })
  })

  it('are recorded for every epoch of the week', async () => {
    const all = firstOfNextWeek(net(), 1)
    const last = all + WEEK_EPOCHS - 1
    const owed = [await owe(net(), all, 100, provider()), await owe(net(), last, 100, provider())]
    await net().evm.at(finalAt(net(), last))
    for (const one of owed) expect(await charge(net(), one)).to.equal(share(100))
  })
})

describe('contracts: penalties of a week with short epochs', () => {
  const epochSeconds = 600 // 1008 in a week: one word of the contract's record does not hold as many
  const net = networkForEach(() => TestNetwork.running(4, { ...PARAMS, epochSeconds }))

  it('share one weekly limit, whichever word records them', async () => {
    const provider = await net().addProvider()
    const weekStart = Math.ceil(net().genesis / WEEK) * WEEK
    const first = Math.ceil((weekStart - net().genesis) / epochSeconds) + 1
    const epochs = [first, first + 240, first + 500, first + 1000]
    const owed: Owed[] = []
    for (const epoch of epochs) {
      const leaf = leafOf(epoch, provider, 400)
      const tree = await net().reportLeaves(epoch, [leaf])
      owed.push({ leaf, proof: tree.proof(0) })
    }
    await net().evm.at(net().startOf(first + 1002) + PARAMS.settlementSeconds)
    const taken: bigint[] = []
    for (const { leaf, proof } of owed.reverse()) {
      taken.push(await charge(net(), { leaf, proof }))
      await expectRevert(net().settle(leaf, proof), 'AlreadySettled', leaf.epoch, provider)
      expect(await net().slashing.read('isSettled', leaf.epoch, provider)).to.equal(true)
    }
    expect(taken).to.deep.equal([share(400), share(400), share(200), 0n])
    expect(await net().slashing.read('chargedBpsIn', provider, weekStart / WEEK)).to.equal(1000n)
  })
})
