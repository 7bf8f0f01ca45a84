import { expect } from 'chai'
import fc from 'fast-check'
import { decoyLevelBps } from '../../../../proto/decoy.js'
import { keccakText } from '../../../../proto/hash.js'
import type { Vote } from '../../../../proto/vote.js'
import { NO_PAID_REPORT } from '../../facts.js'
import { account, CLAIM_KBPS, PARAMS, registryIndex } from '../../test/samples.js'
import { earnedBy, nextRewards } from '../next-rewards.js'
import { allocatedOf, cumulativeOf, decodeRewards, encodeRewards, rewardsTree } from '../rewards.js'
import type { EpochWork } from '../work.js'
import {
  allocate,
  type Cast,
  dead,
  earnedAt,
  half,
  kept,
  lowerBound,
  noData,
  POT,
  providerEarned,
  type Strategy,
  workOfEpoch,
} from './paid-epoch.js'

const BUDGET = (POT * BigInt(PARAMS.rewardPpm)) / 1_000_000n

const NO_DECOYS = { epoch: 4, providers: new Map() }
const NOTHING_SAID = { paidReport: NO_PAID_REPORT, covered: [] }

/** Any work that a report can show. */
const anyWork: fc.Arbitrary<EpochWork> = fc
  .record({
    verifiers: fc.array(fc.record({ balloted: fc.boolean(), received: fc.nat(40), sent: fc.nat(40) }), {
      maxLength: 9,
    }),
    providers: fc.array(
      fc.record({ scoreBps: fc.nat(10_000), claimKbps: fc.nat(2 ** 32 - 1), share: fc.nat(10_000) }),
      { maxLength: 9 },
    ),
  })
  .map(({ verifiers, providers }) => ({
    ...{ epoch: 4, decoys: NO_DECOYS },
    verifiers: verifiers.map((one, i) => ({
      ...one,
      index: 2 * i + 1,
      position: i,
      account: account(`verifier ${i}`),
    })),
    sessionPoints: verifiers.reduce((sum, { received, sent }) => sum + received + sent, 0),
    providers: providers.map(({ share, ...one }, i) => ({
      ...{ ...one, account: account(`provider ${i}`) },
      paidKbps: Math.floor((one.claimKbps * share) / 10_000),
    })),
  }))

describe('rewards of an epoch', () => {
  it('give half of the budget to verifiers and half to providers, if all do all they can', () => {
    const { budget, verifiers, providers } = allocate({
      ...{ epoch: 4, decoys: NO_DECOYS },
      verifiers: [{ index: 1, position: 0, account: account('v'), balloted: true, received: 4, sent: 6 }],
      sessionPoints: 10,
      providers: [{ account: account('p'), scoreBps: 10_000, paidKbps: CLAIM_KBPS, claimKbps: CLAIM_KBPS }],
    })
    expect(budget).to.equal(BUDGET)
    expect([verifiers[0]!.earned, providers[0]!.earned]).to.deep.equal([BUDGET / 2n, BUDGET / 2n])
  })

  it('are nothing without a report to pay for, and nothing from an empty pot', () => {
    const previous = [{ account: account('v'), cumulative: 5n }]
    expect(allocate(undefined, { previous })).to.include({ budget: 0n }).and.to.have.deep.property('rewards', previous)
    const work = workOfEpoch(() => kept)
    for (const fundedWei of [0n, 5n]) expect(allocate(work, { previous, fundedWei }).rewards).to.deep.equal(previous)
  })

  it('never exceed the budget, and never the pot, over any run of epochs', () => {
    fc.assert(
      fc.property(fc.array(anyWork, { maxLength: 6 }), fc.bigInt({ min: 0n, max: POT }), (works, fundedWei) => {
        let rewards = allocate(undefined).rewards
        for (const work of works) {
          const params = { rewardPpm: 1_000_000 }
          const next = nextRewards({ ...NOTHING_SAID, params, fundedWei, previous: rewards, work })
          expect(allocatedOf(next.rewards) - allocatedOf(rewards) <= next.budget).to.equal(true)
          for (const { account: one, cumulative } of rewards)
            expect(cumulativeOf(next.rewards, one) >= cumulative, 'a sum never falls').to.equal(true)
          rewards = next.rewards
        }
        expect(allocatedOf(rewards) <= fundedWei).to.equal(true)
      }),
    )
  })

  it('do not depend on the order of anything', () => {
    fc.assert(
      fc.property(anyWork, fc.infiniteStream(fc.nat()), (work, numbers) => {
        const shuffled = <T>(items: readonly T[]) =>
          items
            .map(item => ({ item, key: numbers.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ item }) => item)
        const other = { ...work, verifiers: shuffled(work.verifiers), providers: shuffled(work.providers) }
        const [one, two] = [allocate(work).rewards, allocate(other).rewards]
        expect(two).to.deep.equal(one)
        expect(rewardsTree(two).root).to.equal(rewardsTree(one).root)
      }),
    )
  })

  it('add up for an account that is both a verifier and a provider', () => {
    const both = account('both')
    const allocation = allocate({
      ...{ epoch: 4, decoys: NO_DECOYS },
      verifiers: [{ index: 1, position: 0, account: both, balloted: true, received: 0, sent: 0 }],
      sessionPoints: 0,
      providers: [{ account: both, scoreBps: 5000, paidKbps: CLAIM_KBPS, claimKbps: CLAIM_KBPS }],
    })
    expect(earnedBy(allocation, both)).to.equal((BUDGET * 3n) / 4n)
    expect(allocation.rewards).to.deep.equal([{ account: both, cumulative: (BUDGET * 3n) / 4n }])
  })

  it('are nothing for a lazy verifier that decoys have caught, and no more for the others', () => {
    const seeds = [0, 1, 2, 3].map(i => keccakText(`seed ${i}`))
    const reveals = seeds.map((seed, i) => ({ provider: account(`provider ${i}`), firstEpoch: 4, lastEpoch: 4, seed }))
    /** Reads the level that each decoy lets through. */
    const measured: Strategy = (provider, receiver) => ({
      ...kept(),
      rateKbps: (CLAIM_KBPS * decoyLevelBps(seeds[provider]!, 4, receiver)) / 10_000,
    })
    const providers = seeds.map(() => ({}))
    const work = workOfEpoch(position => (position === 2 ? kept : measured), { providers })
    const [free, judged] = [allocate(work), allocate(work, { paidReport: { ...NO_PAID_REPORT, reveals } })]
    expect(judged.verifiers.filter(({ caught }) => caught).map(({ index }) => index)).to.deep.equal([registryIndex(2)])
    expect(earnedAt(free, 2) > 0n).to.equal(true)
    expect(earnedAt(judged, 2)).to.equal(0n)
    expect(earnedAt(judged, 3)).to.equal(earnedAt(free, 3))
  })

  it('are encoded in one way only', () => {
    const { rewards } = allocate(workOfEpoch(() => kept))
    const encoded = encodeRewards(rewards)
    expect(decodeRewards(encoded)).to.deep.equal(rewards)
    expect(() => decodeRewards([encoded[1]!, encoded[0]!])).to.throw(RangeError)
    expect(() => decodeRewards([encoded[0]!, encoded[0]!])).to.throw(RangeError)
    expect(() => decodeRewards([encoded[0]!.slice(1)])).to.throw(RangeError)
    expect(() => decodeRewards([Uint8Array.from(encoded[0]!, (byte, i) => (i === 0 ? byte ^ 1 : byte))])).to.throw()
  })
})

describe('rewards of verifiers', () => {
  const PROVIDERS = 3
  /** What verifier 0 earns with a strategy of its own, where all others measure. */
  const earns = (strategy: Strategy | undefined, truth: Strategy = kept) =>
    earnedAt(allocate(workOfEpoch(position => (position === 0 ? strategy : truth))), 0)

  it('are the same for all who measure', () => {
    const { verifiers } = allocate(workOfEpoch(() => kept, { verifiers: 4 }))
    expect(new Set(verifiers.map(({ received }) => received))).to.deep.equal(new Set([4 * PROVIDERS]))
    expect(verifiers.every(({ sent }) => sent > 0)).to.equal(true)
  })

  it('are less for votes that cost no work: lower bounds, no data, no votes, no ballot', () => {
    const honest = earns(kept)
    const [bound, none, silent, absent] = [lowerBound, noData, () => undefined, undefined].map(one => earns(one))
    expect(honest > bound! && bound! > none!, 'measured > lower bound > no data').to.equal(true)
    expect(none, 'no data earns like no vote').to.equal(silent)
    expect(silent! > absent!, 'a ballot earns something').to.equal(true)
  })

  it('attack: "dead", voted for ease, earns nothing, unless the others find the provider dead too', () => {
    expect(earns(dead)).to.equal(earns(noData))
    expect(earns(dead, half)).to.equal(earns(half, half))
  })

  it('attack: a high vote to please a provider that failed earns nothing', () => {
    expect(earns(kept, half)).to.equal(earns(noData, half))
    expect(earns(lowerBound, half)).to.equal(earns(noData, half))
    expect(earns(half, half) > earns(kept, half)).to.equal(true)
  })

  it('pay an honest low vote that the others do not share, and less than a vote that they share', () => {
    expect(earns(kept) > earns(half) && earns(half) > earns(noData)).to.equal(true)
  })

  it('attack: a poster that leaves out the signatures of others lowers their pay and does not raise its own', () => {
    const work = workOfEpoch(() => kept)
    const [all, some] = [allocate(work), allocate(work, { paidReport: { ...NO_PAID_REPORT, nonSigners: [0, 1] } })]
    expect(earnedAt(some, 5) < earnedAt(all, 5)).to.equal(true)
    expect(earnedAt(some, 0)).to.equal(earnedAt(all, 0))
  })

  it('attack: verifiers that make all others fail earn no more than before', () => {
    const alone = workOfEpoch(position => (position < 5 ? kept : noData))
    expect(earnedAt(allocate(alone), 0) <= earnedAt(allocate(workOfEpoch(() => kept)), 0)).to.equal(true)
  })

  it('attack: a sender that serves only friends loses every other session', () => {
    const [foe, verifiers] = [2, 4] // the receivers from `foe` on could not verify the first place of their senders
    const spoiled = () => ({ ...kept(), unverifiableSenders: 0b1 })
    const work = workOfEpoch(position => (position < foe ? kept : spoiled), { verifiers })
    const full = workOfEpoch(() => kept, { verifiers })
    const sum = (of: EpochWork) => of.verifiers.reduce((all, { sent }) => all + sent, 0)
    expect(sum(work)).to.equal(sum(full) - 2 * (verifiers - foe) * PROVIDERS)
    expect(work.verifiers.map(({ received }) => received)).to.deep.equal(full.verifiers.map(({ received }) => received))
  })

  it('give both senders of a place half after two tries, and nothing where no data came', () => {
    const sentBy = (strategy: Strategy) =>
      workOfEpoch(() => strategy).verifiers.reduce((sum, { sent }) => sum + sent, 0)
    expect(sentBy(() => ({ ...kept(), attempts: 2 }))).to.equal(sentBy(kept))
    expect(sentBy(noData)).to.equal(0)
  })

  it('attack: a sender that stays away earns nothing for its place in either try', () => {
    /** @param change of a vote that rests on two tries, in which the places `away` sent nothing */
    const sent = (change: (away: number) => Partial<Omit<Vote, 'outcome'>>, away = 0b111) =>
      workOfEpoch(() => (): Cast => ({ ...kept(), attempts: 2, ...change(away) })).verifiers.map(one => one.sent)
    const sum = (of: readonly number[]) => of.reduce((all, one) => all + one, 0)
    for (const second of [false, true]) {
      const both = sent(() => ({ second }))
      const spoiled = sent(away => ({ second, unverifiableSenders: away }))
      const missing = sent(away => ({ second, otherUnverifiable: away }))
      expect(sum(spoiled)).to.be.below(sum(both)).and.above(0)
      expect(sum(missing)).to.be.below(sum(both)).and.above(0)
      expect(
        spoiled.map((one, i) => one + missing[i]!),
        'each try pays its own senders',
      ).to.deep.equal(both)
      expect(sum(sent(away => ({ second, unverifiableSenders: away, otherUnverifiable: away })))).to.equal(0)
    }
    const [first, other] = [false, true].map(second => sent(away => ({ second, otherUnverifiable: away })))
    expect(first).not.to.deep.equal(other)
  })

  it('attack: a verifier that splits into several earns no more for each of its bonds', () => {
    const aBond = [4, 5, 7, 10].map(verifiers => {
      const { verifiers: shares } = allocate(workOfEpoch(() => kept, { verifiers }))
      return shares.reduce((sum, { earned }) => sum + earned, 0n) / BigInt(verifiers)
    })
    expect(aBond).to.deep.equal([...aBond].sort((a, b) => (a > b ? -1 : 1)))
  })
})

describe('rewards of providers', () => {
  const certified = (ratio: number) => workOfEpoch(() => () => ({ ...kept(), rateKbps: CLAIM_KBPS * ratio }))

  it('follow score and rate, fall from 80 % of the claim on, and end at the slashing threshold', () => {
    const [full, some, edge, less, none] = [1, 0.9, 0.8, 0.78, 0.75].map(ratio => certified(ratio).providers[0]!)
    expect(full!.paidKbps).to.equal(CLAIM_KBPS)
    expect(some!.paidKbps).to.equal(CLAIM_KBPS * 0.9)
    expect(edge!.paidKbps).to.equal(CLAIM_KBPS * 0.8)
    expect(less!.paidKbps).to.equal(Math.floor(CLAIM_KBPS * 0.78 * 0.6))
    expect(none!.paidKbps).to.equal(0)
  })

  it('are nothing for a provider that is unmeasured or serves nothing', () => {
    for (const strategy of [noData, half]) {
      expect(providerEarned(allocate(workOfEpoch(() => strategy)), 0)).to.equal(0n)
    }
  })

  it('attack: a rival that is pushed out of the measurement raises nobody else’s pay', () => {
    const withRival = allocate(workOfEpoch(() => kept))
    const without = allocate(workOfEpoch(() => provider => (provider === 2 ? noData() : kept())))
    expect(providerEarned(without, 2)).to.equal(0n)
    expect(providerEarned(without, 0)).to.equal(providerEarned(withRival, 0))
  })

  it('attack: a crowd of sock puppets earns no more than one provider of the same claim', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 10 ** 6 }), { minLength: 1, maxLength: 8 }),
        anyWork,
        (parts, work) => {
          const of = (claimKbps: number, name: string) => ({
            ...{ account: account(name), scoreBps: 9_000, claimKbps, paidKbps: Math.floor((claimKbps * 9) / 10) },
          })
          const total = parts.reduce((sum, one) => sum + one, 0)
          const whole = allocate({ ...work, providers: [...work.providers, of(total, 'puppet 0')] })
          const split = allocate({
            ...work,
            providers: [...work.providers, ...parts.map((one, i) => of(one, `puppet ${i}`))],
          })
          const sum = parts.reduce((all, _, i) => all + earnedBy(split, account(`puppet ${i}`)), 0n)
          expect(sum <= earnedBy(whole, account('puppet 0'))).to.equal(true)
        },
      ),
    )
  })
})
