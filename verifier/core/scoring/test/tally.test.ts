import { expect } from 'chai'
import fc from 'fast-check'
import { STATUS } from '../../../../proto/leaf.js'
import { faultsTolerated } from '../../../../proto/quorum.js'
import type { SoakVote } from '../../../../proto/soak-vote.js'
import { OUTCOME, type Vote } from '../../../../proto/vote.js'
import { anyVote, receiversUpTo, someVotes, voteBelowThreshold, voteFromThreshold } from '../../test/arbitraries.js'
import { CLAIM_KBPS, PARAMS, vote } from '../../test/samples.js'
import { penaltyBps } from '../breach.js'
import { tallyVotes } from '../tally.js'

const certified = (
  votes: readonly Vote[],
  assigned: readonly number[],
  soak: { readonly now: boolean; readonly held: readonly SoakVote[]; readonly needed?: boolean } = {
    now: false,
    held: [],
  },
) =>
  tallyVotes({
    votes,
    assigned,
    groups: [],
    claimKbps: CLAIM_KBPS,
    params: PARAMS,
    pathlessQ2: 0,
    soak: { needed: false, ...soak },
  })

/** The penalty of a third breach with these votes. */
const penalty = (...args: Parameters<typeof certified>): number => {
  const { breach, rateKbps } = certified(...args)
  return breach ? penaltyBps(rateKbps, CLAIM_KBPS, PARAMS) : 0
}

const FIVE = [0, 1, 2, 3, 4]
const rated = (rates: readonly number[]): Vote[] =>
  rates.map((rate, i) => vote(i, rate < 0.75 * CLAIM_KBPS ? OUTCOME.under : OUTCOME.verified, rate))

describe('tally', () => {
  it('takes the low median of the readings', () => {
    const odd = certified(rated([25_000, 24_000, 23_000, 22_000, 21_000]), FIVE)
    expect(odd).to.include({ status: STATUS.measured, rateKbps: 23_000, breach: false, usable: 5 })
    expect(certified(rated([25_000, 24_000, 23_000, 22_000]), FIVE).rateKbps).to.equal(23_000)
  })

  it('never certifies more than the claim', () => {
    expect(certified(rated([90_000, 90_000, 90_000]), FIVE).rateKbps).to.equal(CLAIM_KBPS)
  })

  it('is unmeasured below 2f+1 usable votes', () => {
    const votes = [...rated([25_000, 25_000]), vote(2, OUTCOME.noData)]
    expect(certified(votes, FIVE)).to.include({ status: STATUS.unmeasured, rateKbps: 0, breach: false, usable: 2 })
    expect(certified([], FIVE).status).to.equal(STATUS.unmeasured)
    expect(certified([], []).status).to.equal(STATUS.unmeasured)
  })

  it('blames nobody for one session alone, and says so', () => {
    const once = { attempts: 1, otherOutcome: 0, otherKbps: 0 }
    for (const outcome of [OUTCOME.under, OUTCOME.refused, OUTCOME.dead, OUTCOME.garbage]) {
      const votes = FIVE.map(receiver => vote(receiver, outcome, 9_000, once))
      const result = certified(votes, FIVE)
      expect(result).to.include({ status: STATUS.unmeasured, breach: false, belowThreshold: 0, usable: 0 })
      expect(result.receivers[0]).to.include({ counted: 'ignored' })
      expect(result.receivers[0]!.why).to.include('second session')
    }
    const kept = FIVE.map(receiver => vote(receiver, OUTCOME.verified, CLAIM_KBPS, once))
    expect(certified(kept, FIVE)).to.include({ status: STATUS.measured, rateKbps: CLAIM_KBPS })
  })

  it('counts no path as no fault for five windows, and then as serving nothing', () => {
    const votes = FIVE.map(receiver => vote(receiver, OUTCOME.noPath))
    const since = (pathlessQ2: number) =>
      tallyVotes({
        ...{ votes, assigned: FIVE, groups: [], claimKbps: CLAIM_KBPS, params: PARAMS, pathlessQ2 },
        soak: { now: false, held: [], needed: false },
      })
    expect(since(16)).to.include({ status: STATUS.unmeasured, breach: false })
    expect(since(17)).to.include({ status: STATUS.unserving, breach: true, rateKbps: 0 })
  })

  it('certifies nothing before a soak has confirmed it, if the network has soaks; a breach needs none', () => {
    const needed = { now: false, held: [], needed: true }
    const full = rated([25_000, 25_000, 25_000, 25_000, 25_000])
    expect(certified(full, FIVE, needed)).to.include({ status: STATUS.unmeasured, rateKbps: 0, breach: false })
    const held = FIVE.map(receiver => ({ receiver, epoch: 1, rateKbps: 24_000 }))
    expect(certified(full, FIVE, { ...needed, held })).to.include({ status: STATUS.measured, rateKbps: 24_000 })
    expect(certified(rated([2_500, 2_600, 2_700]), FIVE, needed)).to.include({ status: STATUS.measured, breach: true })
  })

  it('sets a breach with 2f+1 votes below the slashing threshold, and not with 2f', () => {
    expect(certified(rated([2_500, 2_600, 2_700, 25_000, 25_000]), FIVE)).to.include({
      breach: true,
      belowThreshold: 3,
    })
    expect(certified(rated([2_500, 2_600, 25_000, 25_000, 25_000]), FIVE)).to.include({
      breach: false,
      belowThreshold: 2,
    })
  })

  it('does not count a reading at the threshold as a low vote, whatever its outcome says', () => {
    expect(certified(rated([18_750, 18_750, 18_750]), FIVE).belowThreshold).to.equal(0)
    const mislabelled = [0, 1, 2].map(i => vote(i, OUTCOME.under, 18_750))
    expect(certified(mislabelled, FIVE)).to.include({ breach: false, rateKbps: 18_750 })
  })

  it('ignores a low reading that calls itself verified: it contradicts itself', () => {
    const votes = [0, 1, 2, 3, 4].map(i => vote(i, OUTCOME.verified, 2_500))
    expect(certified(votes, FIVE)).to.include({ status: STATUS.unmeasured, breach: false, usable: 0 })
  })

  it('ignores a low vote that lacks the figures of its evidence', () => {
    const evidence = [{ offeredKbps: 26_249 }, { controlLossBps: 301 }, { directKbps: 11_499 }]
    for (const [i, missing] of evidence.entries()) {
      const votes = FIVE.map(receiver => vote(receiver, OUTCOME.under, 10_000, receiver < 3 ? missing : {}))
      expect(certified(votes, FIVE), `${i}`).to.include({ breach: false, belowThreshold: 2 })
      expect(certified(votes, FIVE).receivers[0]!.why).to.match(/too little|lost|faster/)
    }
    const whole = { offeredKbps: 26_250, controlLossBps: 300, directKbps: 11_500 }
    const votes = FIVE.map(receiver => vote(receiver, OUTCOME.under, 10_000, whole))
    expect(certified(votes, FIVE)).to.include({ breach: true, rateKbps: 10_000 })
  })

  it('makes refusing, dying and garbage no safer than failing', () => {
    const votes = [vote(0, OUTCOME.refused), vote(1, OUTCOME.dead), vote(2, OUTCOME.garbage, 25_000)]
    expect(certified(votes, FIVE)).to.include({ status: STATUS.unserving, rateKbps: 0, breach: true })
  })

  it('lets "at least x" raise the rate and never lower it', () => {
    const low = rated([19_000, 20_000, 25_000])
    expect(certified(low, FIVE).rateKbps).to.equal(20_000)
    const raised = [...low, vote(3, OUTCOME.atLeast, 24_000), vote(4, OUTCOME.atLeast, 23_000)]
    expect(certified(raised, FIVE).rateKbps).to.equal(23_000)
    const bound = [
      ...rated([24_000, 24_500, 25_000]),
      vote(3, OUTCOME.atLeast, 19_000),
      vote(4, OUTCOME.atLeast, 19_000),
    ]
    expect(certified(bound, FIVE).rateKbps).to.equal(24_500)
  })

  it('ignores "at least x" below the slashing threshold', () => {
    const votes = [0, 1, 2, 3, 4].map(i => vote(i, OUTCOME.atLeast, 2_500))
    expect(certified(votes, FIVE)).to.include({ status: STATUS.unmeasured, usable: 0 })
  })

  it('counts no vote of a receiver that is not assigned or that voted twice', () => {
    const votes = [...rated([25_000, 25_000, 25_000]), vote(2, OUTCOME.under, 1), vote(9, OUTCOME.under, 1)]
    const result = certified(votes, FIVE)
    expect(result.usable).to.equal(2)
    expect(result.receivers.map(one => one.counted)).to.deep.equal(['rate', 'rate', 'ignored', 'missing', 'missing'])
    expect(result.receivers.every(one => one.why.length > 0)).to.equal(true)
  })

  it('does not depend on the order of votes', () => {
    fc.assert(
      fc.property(
        receiversUpTo(13).chain(assigned =>
          someVotes(assigned).chain(votes =>
            fc.record({
              assigned: fc.constant(assigned),
              votes: fc.constant(votes),
              shuffled: fc.shuffledSubarray(votes, { minLength: votes.length }),
            }),
          ),
        ),
        ({ assigned, votes, shuffled }) => {
          expect(certified(shuffled, [...assigned].reverse())).to.deep.equal(certified(votes, assigned))
        },
      ),
    )
  })

  it('never lowers a penalty, nor raises a rate in breach, for one more vote below the slashing threshold', () => {
    const drawn = receiversUpTo(13).chain(assigned =>
      fc.record({
        assigned: fc.constant(assigned),
        votes: someVotes(assigned),
        more: fc.tuple(...assigned.map(voteBelowThreshold)),
        who: fc.subarray(assigned),
      }),
    )
    fc.assert(
      fc.property(drawn, ({ assigned, votes, more, who }) => {
        // Of those whose vote was not below the slashing threshold already: replaced or added.
        const lower = who.filter(receiver => {
          const account = certified(votes, assigned).receivers.find(one => one.receiver === receiver)
          return account?.counted !== 'under'
        })
        const after = [...votes.filter(one => !lower.includes(one.receiver)), ...lower.map(receiver => more[receiver]!)]
        expect(penalty(after, assigned)).to.be.at.least(penalty(votes, assigned))
        const before = certified(votes, assigned)
        if (before.breach) expect(certified(after, assigned).rateKbps).to.be.at.most(before.rateKbps)
      }),
      { numRuns: 500 },
    )
  })

  it('cannot be outvoted by f when n is the whole set', () => {
    const drawn = receiversUpTo(16).chain(assigned => {
      const byzantine = assigned.slice(0, faultsTolerated(assigned.length))
      const honest = assigned.slice(byzantine.length)
      return fc.record({
        assigned: fc.constant(assigned),
        byzantine: fc.tuple(...byzantine.map(anyVote)),
        fine: fc.tuple(...honest.map(voteFromThreshold)),
        low: fc.tuple(...honest.map(voteBelowThreshold)),
      })
    })
    fc.assert(
      fc.property(drawn, ({ assigned, byzantine, fine, low }) => {
        const innocent = certified([...byzantine, ...fine], assigned)
        expect(innocent).to.include({ breach: false, status: STATUS.measured })
        const rates = fine.map(one => one.rateKbps)
        expect(innocent.rateKbps).to.be.within(Math.min(...rates), Math.max(...rates))

        const guilty = certified([...byzantine, ...low], assigned)
        expect(guilty.breach).to.equal(true)
        const lowRates = low.map(one => one.rateKbps)
        expect(guilty.rateKbps).to.be.within(Math.min(...lowRates), Math.max(...lowRates))
      }),
      { numRuns: 500 },
    )
  })

  it('gives whole numbers within the claim, whatever the votes', () => {
    fc.assert(
      fc.property(
        receiversUpTo(13).chain(assigned => fc.tuple(fc.constant(assigned), someVotes(assigned))),
        ([assigned, votes]) => {
          const result = certified(votes, assigned)
          expect(Number.isSafeInteger(result.rateKbps)).to.equal(true)
          expect(result.rateKbps).to.be.within(0, CLAIM_KBPS)
          expect(result.receivers).to.have.length(assigned.length)
        },
      ),
    )
  })
})
