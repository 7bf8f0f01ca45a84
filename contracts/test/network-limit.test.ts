import { expect } from 'chai'
import fc from 'fast-check'
import type { Hex } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'
import type { MerkleTree } from '../../proto/merkle.js'
import {
  leafOf,
  MINIMUM_STAKE,
  NETWORK_WEEKLY_BPS,
  networkForEach,
  TestNetwork,
  TOKEN,
  WEEK,
} from './support/network.js'
import { finalAt, firstOfNextWeek, share, stakeOf, weekOf } from './support/settlements.js'

const SEED = 20_261_127
const LIMIT_BPS = 300

/** A captured set could otherwise take a tenth of every stake each week. */
describe('contracts: penalties of all providers in a week', () => {
  const net = networkForEach(() => TestNetwork.running(4, undefined, { networkWeeklyBps: LIMIT_BPS }))
  let providers: Hex[]
  beforeEach(async () => {
    providers = []
    for (let i = 0; i < 4; i++) providers.push(await net().addProvider())
  })
  const total = 4n * MINIMUM_STAKE
  const limit = (total * BigInt(LIMIT_BPS)) / 10_000n
  const owing = async (epoch: number, bps: readonly number[]): Promise<{ leaves: Leaf[]; tree: MerkleTree }> => {
    const leaves = bps.map((penalty, i) => leafOf(epoch, providers[i]!, penalty))
    return { leaves, tree: await net().reportLeaves(epoch, leaves) }
  }
  const stakes = async () => {
    let sum = 0n
    for (const provider of providers) sum += await stakeOf(net(), provider)
    return sum
  }

  it('take no more than the limit, even if every provider owes a tenth', async () => {
    const { leaves, tree } = await owing(1, [1000, 1000, 1000, 1000])
    await net().evm.at(finalAt(net(), 1))
    await net().settleBatch(leaves, tree, [0, 1, 2, 3])
    expect(total - (await stakes())).to.equal(limit)
    expect(await net().slashing.read('networkChargedIn', weekOf(net(), 1))).to.equal(limit)
  })

  it('take the same sum in any order, one by one or together', async () => {
    const reports = [await owing(1, [400, 80, 0, 900]), await owing(2, [100, 1000, 120, 0])]
    const owed = reports.flatMap(({ leaves, tree }) =>
      leaves.flatMap((leaf, i) => (leaf.penaltyBps > 0 ? { leaf, proof: tree.proof(i) } : [])),
    )
    await net().evm.at(finalAt(net(), 2))
    const order = fc.shuffledSubarray(owed, { minLength: owed.length, maxLength: owed.length })
    const run = async (shuffled: typeof owed) => {
      const restore = await net().checkpoint()
      for (const { leaf, proof } of shuffled) await net().settle(leaf, proof)
      expect(total - (await stakes())).to.equal(limit)
      await restore()
    }
    await fc.assert(fc.asyncProperty(order, run), { seed: SEED, numRuns: 6 })
  })

  it('have a limit of their own in the next week', async () => {
    const next = firstOfNextWeek(net(), 1)
    const [first, second] = [await owing(1, [1000, 1000, 0, 0]), await owing(next, [0, 0, 1000, 1000])]
    await net().evm.at(finalAt(net(), next))
    await net().settleBatch(first.leaves, first.tree, [0, 1])
    await net().settleBatch(second.leaves, second.tree, [2, 3])
    expect(total - (await stakes())).to.equal(2n * limit)
    expect(await net().slashing.read('networkChargedIn', weekOf(net(), 1))).to.equal(limit)
    expect(await net().slashing.read('networkChargedIn', weekOf(net(), 1) + 4)).to.equal(0n)
  })

  it('count the stake at the start of the week, so that a deposit during it raises no limit', async () => {
    const next = firstOfNextWeek(net(), 1)
    await net().enter(next)
    const rich = await net().addProvider(100n * MINIMUM_STAKE)
    const before = await net().vault.read<bigint>('totalAtStartOf', weekOf(net(), next), net().providers.address)
    // A first balance counts in its own week too, as the base of the provider's own penalties does.
    expect(before).to.equal(total + 100n * MINIMUM_STAKE)
    await net().providers.send(rich, 'exit')
    expect(await net().vault.read('totalAtStartOf', weekOf(net(), next), net().providers.address)).to.equal(before)
  })

  it('a newcomer raises no limit of the weeks before its own', async () => {
    const { leaves, tree } = await owing(1, [1000, 1000, 1000, 1000])
    const next = firstOfNextWeek(net(), 1)
    await net().enter(next)
    await net().addProvider(100n * MINIMUM_STAKE)
    expect(await net().vault.read('totalAtStartOf', weekOf(net(), 1), net().providers.address)).to.equal(total)
    await net().evm.at(finalAt(net(), next))
    const before = await stakes()
    await net().settleBatch(leaves, tree, [0, 1, 2, 3])
    expect(before - (await stakes())).to.equal(limit)
  })
})

describe('contracts: the total of all stakes', () => {
  const net = networkForEach(() => TestNetwork.running())
  const at = (week: number) => net().vault.read<bigint>('totalAtStartOf', week, net().providers.address)

  it('is the sum of the bases of all providers, for every week that can be settled', async () => {
    const week = weekOf(net(), 1)
    const stakes = [MINIMUM_STAKE, MINIMUM_STAKE + 7n * TOKEN, 3n * MINIMUM_STAKE + 10n ** 12n]
    const providers: Hex[] = []
    for (const [i, stake] of stakes.entries()) {
      await net().evm.at((week + 1 + i) * WEEK + 60)
      providers.push(await net().addProvider(stake))
    }
    await net().providers.send(providers[0]!, 'exit')
    await net().evm.at((week + 7) * WEEK)
    await net().vault.send(providers[0]!, 'withdraw', net().providers.address, providers[0])
    for (const back of [0, 1, 2]) {
      let sum = 0n
      for (const provider of providers) {
        sum += (
          await net().vault.read<[bigint, bigint]>(
            'slashableAtStartOf',
            week + 7 - back,
            net().providers.address,
            provider,
          )
        )[0]
      }
      expect(await at(week + 7 - back), `${back} weeks back`).to.equal(sum)
    }
    expect(await at(week + 8)).to.equal(stakes[1]! + stakes[2]!)
    expect(share(NETWORK_WEEKLY_BPS, await at(week + 8)) > 0n).to.equal(true)
  })
})
