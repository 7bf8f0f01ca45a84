import { expect } from 'chai'
import fc from 'fast-check'
import { DECOY_LEVELS_BPS, type DecoyReveal, decoyLevelBps } from '../../../../proto/decoy.js'
import { keccakText } from '../../../../proto/hash.js'
import type { Hex } from '../../../../proto/hex.js'
import { OUTCOME, type Vote } from '../../../../proto/vote.js'
import { tallyVotes } from '../../scoring/tally.js'
import { account, CLAIM_KBPS, facts, PARAMS, vote } from '../../test/samples.js'
import { DECOY_TOLERANCE_BPS, type DecoyEpoch, DecoyReadings, judgeByDecoys } from '../decoys.js'

const RECEIVERS = [0, 1, 2, 3, 4, 5, 6]
const EPOCHS = [11, 12, 13, 14]
const DECOYS = ['a', 'b', 'c', 'd'].map(account)

const revealOf = (provider: Hex): DecoyReveal => ({
  ...{ provider, firstEpoch: EPOCHS[0]!, lastEpoch: EPOCHS.at(-1)! },
  seed: keccakText(`seed of ${provider}`),
})
const REVEALS = DECOYS.map(revealOf)

/** What the decoy lets through to a receiver, kbit/s. */
const levelKbps = ({ seed }: DecoyReveal, epoch: number, receiver: number) =>
  (decoyLevelBps(seed, epoch, receiver) * CLAIM_KBPS) / 10_000

interface Task {
  readonly reveal: DecoyReveal
  readonly epoch: number
  readonly receiver: number
}
/** A receiver's vote; undefined for none. */
type Cast = (task: Task) => Partial<Vote> | undefined
const truth = ({ reveal, epoch, receiver }: Task) => levelKbps(reveal, epoch, receiver)
const reads = (rateKbps: number): Partial<Vote> => ({ outcome: OUTCOME.verified, rateKbps })
const honest: Cast = task => reads(truth(task))
const claims: Cast = () => reads(CLAIM_KBPS)

const epochsOf = (cast: Cast, { epochs = EPOCHS, reveals = REVEALS } = {}): DecoyEpoch[] =>
  epochs.map(epoch => ({
    epoch,
    providers: new Map(
      reveals.map(({ provider }) => {
        const readings = RECEIVERS.flatMap(receiver => {
          const own = cast({ reveal: revealOf(provider), epoch, receiver })
          return own ? [vote(receiver, OUTCOME.verified, 0, { epoch, provider, ...own })] : []
        })
        return [provider, { claimKbps: CLAIM_KBPS, readings }]
      }),
    ),
  }))
const judge = (cast: Cast, reveals = REVEALS) => judgeByDecoys(reveals, epochsOf(cast, { reveals }))
/** Some receivers vote one way, all others honestly. */
const only =
  (some: readonly number[], cast: Cast): Cast =>
  task =>
    (some.includes(task.receiver) ? cast : honest)(task)

describe('decoys', () => {
  it('catch nobody who measures, and count every task', () => {
    const { counts, caught } = judge(honest)
    expect([...caught]).to.deep.equal([])
    expect(counts.get(3)).to.deep.equal({ tasks: DECOYS.length * EPOCHS.length, missed: 0 })
  })

  it('catch a lazy verifier that votes the claim', () => {
    const { counts, caught } = judge(only([5], claims))
    expect([...caught]).to.deep.equal([5])
    expect(counts.get(5)!.missed).to.be.greaterThan(counts.get(5)!.tasks / 2)
  })

  it('catch a copier: the reading of a friend is another level', () => {
    expect([...judge(only([5], task => honest({ ...task, receiver: 2 }))).caught]).to.deep.equal([5])
  })

  it('draw levels evenly, and anew for every seed, epoch and receiver', () => {
    const drawn = Array.from({ length: 4000 }, (_, i) => decoyLevelBps(keccakText(`${i % 10}`), i % 20, i))
    for (const level of DECOY_LEVELS_BPS)
      expect(drawn.filter(one => one === level).length, `level ${level}`).to.be.within(850, 1150)
    const [seed, other] = [keccakText('one'), keccakText('other')]
    const same = (pairs: [number, number][]) => pairs.filter(([a, b]) => a === b).length / pairs.length
    const numbers = Array.from({ length: 1000 }, (_, i) => i)
    expect(same(numbers.map(i => [decoyLevelBps(seed, i, 1), decoyLevelBps(seed, i + 1, 1)]))).to.be.within(0.2, 0.3)
    expect(same(numbers.map(i => [decoyLevelBps(seed, 1, i), decoyLevelBps(seed, 1, i + 1)]))).to.be.within(0.2, 0.3)
    expect(same(numbers.map(i => [decoyLevelBps(seed, i, 1), decoyLevelBps(other, i, 1)]))).to.be.within(0.2, 0.3)
  })

  it('have levels so far apart that no vote is within the tolerance of two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), bps => {
        expect(DECOY_LEVELS_BPS.filter(level => Math.abs(level - bps) < DECOY_TOLERANCE_BPS).length).to.be.at.most(1)
      }),
    )
  })

  it('catch nobody whose readings err by less than the tolerance, whatever the errors', () => {
    const error = fc.double({ min: -0.0299, max: 0.0299, noNaN: true })
    fc.assert(
      fc.property(fc.array(error, { minLength: 1, maxLength: 50 }), errors => {
        let next = 0
        const err = () => errors[next++ % errors.length]! * CLAIM_KBPS
        expect(judge(task => reads(Math.min(CLAIM_KBPS, truth(task) + err()))).caught.size).to.equal(0)
      }),
    )
  })

  it('hold nothing against votes that state no rate', () => {
    const stateless = [OUTCOME.noData, OUTCOME.noPath, OUTCOME.refused, OUTCOME.dead, OUTCOME.garbage]
    for (const outcome of stateless) {
      const { counts, caught } = judge(only([5], () => ({ outcome, rateKbps: 0 })))
      expect([counts.get(5), caught.size]).to.deep.equal([undefined, 0])
    }
    expect(judge(only([5], () => undefined)).counts.has(5)).to.equal(false)
  })

  it('take a second try like a first: both have the same level', () => {
    const second: Cast = task => ({ ...honest(task), attempts: 2, otherOutcome: OUTCOME.noData })
    expect(judge(only([5], second)).counts.get(5)!.missed).to.equal(0)
  })

  it('take a lower bound for a miss only above what came through', () => {
    const atLeast = (rate: (task: Task) => number) =>
      judge(only([5], task => ({ outcome: OUTCOME.atLeast, rateKbps: rate(task) })))
    expect(atLeast(truth).counts.has(5)).to.equal(false)
    expect(atLeast(task => truth(task) / 2).counts.has(5)).to.equal(false)
    expect([...atLeast(() => CLAIM_KBPS).caught]).to.deep.equal([5])
  })

  it('do not depend on the order of reveals, epochs or votes', () => {
    const cast = only([1, 5], claims)
    fc.assert(
      fc.property(
        fc.shuffledSubarray(REVEALS, { minLength: 4 }),
        fc.shuffledSubarray(epochsOf(cast), { minLength: 4 }),
        (reveals, epochs) => {
          const reversed = epochs.map(({ epoch, providers }) => ({
            epoch,
            providers: new Map(
              [...providers].reverse().map(([p, of]) => [p, { ...of, readings: [...of.readings].reverse() }]),
            ),
          }))
          const [plain, other] = [judge(cast), judgeByDecoys(reveals, reversed)]
          expect([...other.caught].sort()).to.deep.equal([...plain.caught].sort())
          for (const receiver of RECEIVERS) expect(other.counts.get(receiver)).to.deep.equal(plain.counts.get(receiver))
        },
      ),
    )
  })

  it('count only epochs of their range, and only votes that the ballot set has', () => {
    const [first] = REVEALS
    const short = { ...first!, lastEpoch: first!.firstEpoch + 1 }
    expect(judge(honest, [short]).counts.get(0)!.tasks).to.equal(2)
    expect(judgeByDecoys([short], epochsOf(honest, { epochs: [10, 12] })).counts.get(0)!.tasks).to.equal(1)
  })

  describe('attacks', () => {
    /** What a decoy lets through to its victims beside the levels that it reveals. */
    const victims = (some: readonly number[], of: readonly Hex[]): Cast =>
      only(some, task => (of.includes(task.reveal.provider) ? reads(CLAIM_KBPS * 0.76) : honest(task)))

    it('one decoy shapes one victim only: it accuses alone, and so in vain', () => {
      const alone = [REVEALS[0]!]
      const { counts, caught } = judge(victims([5], [DECOYS[0]!]), alone)
      expect(counts.get(5)).to.deep.equal({ tasks: 4, missed: 4 })
      expect(caught.size).to.equal(0)
    })

    it('two lying decoys take a victim’s reward where they are a third of all, and not where they are fewer', () => {
      expect([...judge(victims([5], DECOYS.slice(0, 2))).caught]).to.deep.equal([5])
      const more = [...REVEALS, ...['e', 'f', 'g'].map(name => revealOf(account(name)))]
      expect(judge(victims([5], DECOYS.slice(0, 2)), more).caught.size).to.equal(0)
    })

    it('a decoy that shapes most receivers beside its seed has no word', () => {
      expect(judge(victims([2, 3, 4, 5], DECOYS)).counts.size).to.equal(0)
    })

    it('a decoy grinds its seed after the votes: what passes accuses less than half, as shaping does', () => {
      const ground = Array.from({ length: 500 }, (_, i) => ({ ...REVEALS[0]!, seed: keccakText(`ground ${i}`) }))
      const epochs = epochsOf(honest)
      const passed = ground.map(reveal => judgeByDecoys([reveal], epochs)).filter(({ counts }) => counts.size > 0)
      expect(passed.length).to.be.at.most(5)
      for (const { counts, caught } of passed) {
        const [tasks, missed] = [...counts.values()].reduce(([t, m], one) => [t + one.tasks, m + one.missed], [0, 0])
        expect(missed * 2).to.be.below(tasks)
        expect(caught.size).to.equal(0)
      }
    })

    it('a verifier dilutes its misses with own decoys: it needs more of them than there are others', () => {
      const own = (count: number) => Array.from({ length: count }, (_, i) => revealOf(account(`own ${i}`)))
      const lazy = only([5], task => (DECOYS.includes(task.reveal.provider) ? claims : honest)(task))
      expect([...judge(lazy, [...REVEALS, ...own(3)]).caught]).to.deep.equal([5])
      expect(judge(lazy, [...REVEALS, ...own(12)]).caught.size).to.equal(0)
    })

    it('lazy verifiers in the majority are caught up to half of the receivers', () => {
      expect([...judge(only([1, 3, 5], claims)).caught].sort()).to.deep.equal([1, 3, 5])
    })

    it('votes of verifiers that were not assigned or voted twice count for nothing, nor do those of groups', () => {
      const now = facts({ verifiers: 4, providers: 2, epoch: 11 })
      const [decoy, grouped] = now.providers.map(provider => provider.account)
      const on = (receiver: number, provider = decoy!) => vote(receiver, OUTCOME.verified, 1, { epoch: 11, provider })
      const tallied = (votes: Vote[]) =>
        tallyVotes({
          ...{ votes, assigned: [1, 3, 5], groups: [], claimKbps: CLAIM_KBPS, params: PARAMS, pathlessQ2: 0 },
          ...{ isSoak: () => false, soak: { held: [], needed: false } },
        })
      const groupsOf = (provider: Hex) => (provider === grouped ? [[1, 3]] : [])
      const readings = new DecoyReadings(now, { groupsOf })
      readings.add(decoy!, tallied([on(1), on(3), on(3), on(7)]))
      readings.add(grouped!, tallied([on(1, grouped), on(3, grouped)]))
      expect([...readings.epoch().providers]).to.deep.equal([
        [decoy, { claimKbps: CLAIM_KBPS, readings: [{ receiver: 1, outcome: OUTCOME.verified, rateKbps: 1 }] }],
      ])
    })
  })
})
