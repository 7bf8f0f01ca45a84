import { expect } from 'chai'
import fc from 'fast-check'
import { faultsTolerated } from '../../../../proto/quorum.js'
import { type SoakVote, soakVotesDigest } from '../../../../proto/soak-vote.js'
import { OUTCOME, type Vote } from '../../../../proto/vote.js'
import { rateFromThreshold, receiversUpTo, someVotes, voteFromThreshold } from '../../test/arbitraries.js'
import { CLAIM_KBPS, PARAMS, vote } from '../../test/samples.js'
import { soakLimitKbps, soakVotesInForce } from '../soak-votes.js'
import { tallyVotes } from '../tally.js'

const QUORUM = 3
const FIVE = { quorum: QUORUM, assigned: 5 }
const cast = (epoch: number, rates: Record<number, number>): SoakVote[] =>
  Object.entries(rates).map(([receiver, rateKbps]) => ({ receiver: Number(receiver), epoch, rateKbps }))

const anyHeld: fc.Arbitrary<SoakVote[]> = fc
  .array(fc.record({ receiver: fc.nat(12), epoch: fc.integer({ min: 1, max: 3 }), rateKbps: fc.nat(CLAIM_KBPS) }))
  .map(votes => soakVotesInForce(votes, [], FIVE))

const certified = (votes: readonly Vote[], assigned: readonly number[], now: boolean, held: readonly SoakVote[]) =>
  tallyVotes({
    votes,
    assigned,
    groups: [],
    claimKbps: CLAIM_KBPS,
    params: PARAMS,
    pathlessQ2: 0,
    isSoak: () => now,
    soak: { held, needed: false },
  })

const asSoaks = (votes: readonly Vote[]): Vote[] => votes.map(one => ({ ...one, soak: true }))

describe('soak votes', () => {
  it('are those of the last soak, once it has a quorum', () => {
    const before = cast(3, { 0: 10, 1: 11, 2: 12, 3: 13 })
    const now = cast(7, { 1: 21, 2: 22, 4: 24 })
    expect(soakVotesInForce(before, now, FIVE)).to.deep.equal(now)
    expect(soakVotesInForce(before, [], FIVE)).to.deep.equal(before)
  })

  it('are filled up from earlier soaks, with other receivers, until one of these is a quorum', () => {
    const older = cast(1, { 8: 80, 9: 90 })
    const before = [...cast(3, { 0: 10, 1: 11, 2: 12, 3: 13 }), ...older]
    const now = cast(7, { 1: 21, 2: 22 })
    expect(soakVotesInForce(before, now, FIVE)).to.deep.equal([...now, ...cast(3, { 0: 10, 3: 13 })])
    expect(soakVotesInForce([], now, FIVE)).to.deep.equal(now)
  })

  it('are the newest of as many receivers as a window has, if receivers soak one by one', () => {
    const soaks = [1, 2, 3, 4, 5, 6, 7].map(epoch => cast(epoch, { [epoch]: 10 * epoch }))
    const inForce = (epochs: number) =>
      soaks.slice(0, epochs).reduce((held, now) => soakVotesInForce(held, now, FIVE), [] as SoakVote[])
    expect(inForce(4).map(({ epoch }) => epoch)).to.deep.equal([4, 3, 2, 1])
    expect(inForce(7).map(({ epoch }) => epoch)).to.deep.equal([7, 6, 5, 4, 3])
    // A receiver that soaks again has one vote still, the newest, and displaces nobody.
    const again = soakVotesInForce(inForce(7), cast(8, { 4: 99 }), FIVE)
    expect(again.map(({ receiver, epoch }) => [receiver, epoch])).to.deep.equal([
      [4, 8],
      ...[7, 6, 5, 3].map(receiver => [receiver, receiver]),
    ])
    // An epoch is taken whole, so that no index within it comes first.
    const two = soakVotesInForce(inForce(7), cast(8, { 1: 1, 2: 2 }), FIVE)
    expect(two.map(({ receiver }) => receiver)).to.deep.equal([1, 2, 7, 6, 5])
    expect(soakVotesInForce(two, [], { quorum: QUORUM, assigned: 4 })).to.have.length(4)
  })

  it('set no limit before they are a quorum, and then limit the rate to their low median', () => {
    expect(soakLimitKbps(cast(7, { 1: 21, 2: 22 }), QUORUM)).to.equal(undefined)
    expect(soakLimitKbps(cast(7, { 1: 21, 2: 22, 3: 23 }), QUORUM)).to.equal(22)
    expect(soakLimitKbps(cast(7, { 1: 21, 2: 22, 3: 23, 4: 24 }), QUORUM)).to.equal(22)
  })

  it('do not depend on any order', () => {
    const drawn = fc.tuple(
      anyHeld,
      receiversUpTo(13).chain(all => fc.tuple(fc.constant(all), someVotes(all))),
    )
    fc.assert(
      fc.property(drawn, fc.boolean(), ([held, [assigned, votes]], now) => {
        const one = certified(now ? asSoaks(votes) : votes, assigned, now, held)
        const reversed = [...votes].reverse()
        const other = certified(now ? asSoaks(reversed) : reversed, [...assigned].reverse(), now, [...held].reverse())
        expect(other).to.deep.equal(one)
        expect(soakVotesDigest([...one.soakVotes].reverse())).to.equal(soakVotesDigest(one.soakVotes))
      }),
    )
  })

  it('are of distinct receivers, and of the newest soak alone if that one is a quorum', () => {
    fc.assert(
      fc.property(anyHeld, fc.array(fc.nat(12), { maxLength: 13 }), (held, receivers) => {
        const now = [...new Set(receivers)].map(receiver => ({ receiver, epoch: 9, rateKbps: 5 }))
        const inForce = soakVotesInForce(held, now, FIVE)
        expect(new Set(inForce.map(one => one.receiver)).size).to.equal(inForce.length)
        expect(inForce).to.include.deep.members(now)
        if (now.length >= QUORUM) expect(inForce).to.have.length(now.length)
      }),
    )
  })

  it('never raise a rate, and lower it no more for a better reading', () => {
    const drawn = receiversUpTo(13).chain(all => fc.tuple(fc.constant(all), someVotes(all)))
    fc.assert(
      fc.property(
        drawn,
        anyHeld,
        fc.nat(12),
        fc.nat(CLAIM_KBPS),
        fc.boolean(),
        ([assigned, votes], held, who, less, now) => {
          const all = now ? asSoaks(votes) : votes
          const { rateKbps, status, breach } = certified(all, assigned, now, held)
          const free = certified(votes, assigned, false, [])
          expect(status).to.equal(free.status)
          expect(breach).to.equal(free.breach)
          expect(rateKbps).to.be.at.most(free.rateKbps)
          const lower = held.map(one =>
            one.receiver === who ? { ...one, rateKbps: Math.min(one.rateKbps, less) } : one,
          )
          expect(certified(all, assigned, now, lower).rateKbps).to.be.at.most(rateKbps)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('cannot be bent by f of the receivers, either way', () => {
    const drawn = receiversUpTo(16).chain(assigned => {
      const f = faultsTolerated(assigned.length)
      return fc.record({
        assigned: fc.constant(assigned),
        liars: fc.array(fc.nat(CLAIM_KBPS), { minLength: f, maxLength: f }),
        honest: fc.array(rateFromThreshold, { minLength: assigned.length - f, maxLength: assigned.length - f }),
        fine: fc.tuple(...assigned.map(voteFromThreshold)),
      })
    })
    fc.assert(
      fc.property(drawn, ({ assigned, liars, honest, fine }) => {
        const held = [...liars, ...honest].map((rateKbps, receiver) => ({ receiver, epoch: 2, rateKbps }))
        const limit = certified(fine, assigned, false, held).soakLimitKbps
        expect(limit).to.be.within(Math.min(...honest), Math.max(...honest))
      }),
    )
  })

  it('come from soaks alone; ordinary votes of the same epoch count beside them, and no vote that belies its draw', () => {
    const all = [0, 1, 2, 3, 4]
    const short = all.map(receiver => vote(receiver, OUTCOME.verified, CLAIM_KBPS))
    const soaks = asSoaks(short)
    expect(certified(short, all, false, []).soakVotes).to.deep.equal([])
    expect(certified(soaks, all, true, []).soakVotes).to.have.length(5)
    expect(certified(soaks, all, false, []).usable).to.equal(0)
    expect(certified(short, all, true, []).usable).to.equal(0)
    const mixed = tallyVotes({
      ...{ votes: [...soaks.slice(0, 2), ...short.slice(2)], assigned: all, groups: [], claimKbps: CLAIM_KBPS },
      ...{ params: PARAMS, pathlessQ2: 0, isSoak: ({ receiver }) => receiver < 2 },
      soak: { held: [], needed: false },
    })
    expect(mixed).to.include({ usable: 5, rateKbps: CLAIM_KBPS })
    expect(mixed.soakVotes.map(({ receiver }) => receiver)).to.deep.equal([0, 1])
  })

  it('count a refused soak as a rate of zero, and "at least x" as no reading', () => {
    const all = [0, 1, 2, 3, 4]
    const refused = asSoaks(all.map(receiver => vote(receiver, OUTCOME.refused)))
    const { soakVotes } = certified(refused, all, true, [])
    const fine = all.map(receiver => vote(receiver, OUTCOME.verified, CLAIM_KBPS))
    expect(certified(fine, all, false, soakVotes)).to.include({ soakLimitKbps: 0, rateKbps: 0, breach: false })
    const bounds = asSoaks(all.map(receiver => vote(receiver, OUTCOME.atLeast, CLAIM_KBPS)))
    expect(certified(bounds, all, true, []).soakVotes).to.deep.equal([])
  })

  it('are none from a window in which no more than f receivers had a reading: the provider was off, and they lie', () => {
    const silence = (receiver: number) => vote(receiver, OUTCOME.noPath, 0, { soak: true, ticksAnswered: 0n })
    const lie = (receiver: number) => vote(receiver, OUTCOME.under, CLAIM_KBPS / 2, { soak: true })
    const drawn = receiversUpTo(31).chain(assigned =>
      fc.record({ assigned: fc.constant(assigned), readings: fc.nat(assigned.length) }),
    )
    fc.assert(
      fc.property(drawn, ({ assigned, readings }) => {
        const held = cast(1, { 3: CLAIM_KBPS })
        const votes = assigned.map((receiver, i) => (i < readings ? lie(receiver) : silence(receiver)))
        const { soakVotes } = certified(votes, assigned, true, held)
        const isReached = readings > faultsTolerated(assigned.length)
        expect(soakVotes.filter(({ epoch }) => epoch > 1)).to.have.length(isReached ? readings : 0)
        if (!isReached) expect(soakVotes).to.deep.equal(held)
        // A lower bound counts among the readings, too: to spoil all but one keeps no old soak vote in force.
        if (readings === 0) return
        const bounds = votes.map((one, i) =>
          i < readings - 1 ? vote(one.receiver, OUTCOME.atLeast, CLAIM_KBPS, { soak: true }) : one,
        )
        expect(certified(bounds, assigned, true, held).soakVotes.some(({ epoch }) => epoch > 1)).to.equal(isReached)
      }),
    )
  })

  it('takes the lower of two tries, so that senders that lend in the second gain nothing', () => {
    const soak = { soak: true, otherOutcome: OUTCOME.under, otherKbps: CLAIM_KBPS / 2 }
    const lent = [0, 1, 2, 3].map(receiver => vote(receiver, OUTCOME.verified, CLAIM_KBPS, soak))
    const result = certified(lent, [0, 1, 2, 3], true, [])
    expect(result.soakVotes.map(({ rateKbps }) => rateKbps)).to.deep.equal(new Array(4).fill(CLAIM_KBPS / 2))
    expect(result).to.include({ rateKbps: CLAIM_KBPS / 2, belowThreshold: 0 })
    const spoilt = lent.map(one => ({ ...one, otherOutcome: OUTCOME.atLeast }))
    expect(certified(spoilt, [0, 1, 2, 3], true, []).rateKbps).to.equal(CLAIM_KBPS)
  })
})
