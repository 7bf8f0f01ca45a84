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
const cast = (epoch: number, rates: Record<number, number>): SoakVote[] =>
  Object.entries(rates).map(([receiver, rateKbps]) => ({ receiver: Number(receiver), epoch, rateKbps }))

const anyHeld: fc.Arbitrary<SoakVote[]> = fc
  .array(fc.record({ receiver: fc.nat(12), epoch: fc.integer({ min: 1, max: 3 }), rateKbps: fc.nat(CLAIM_KBPS) }))
  .map(votes => soakVotesInForce(votes, [], QUORUM))

const certified = (votes: readonly Vote[], assigned: readonly number[], now: boolean, held: readonly SoakVote[]) =>
  tallyVotes({
    votes,
    assigned,
    groups: [],
    claimKbps: CLAIM_KBPS,
    params: PARAMS,
    pathlessQ2: 0,
    soak: { now, held, needed: false },
  })

const asSoaks = (votes: readonly Vote[]): Vote[] => votes.map(one => ({ ...one, soak: true }))

describe('soak votes', () => {
  it('are those of the last soak, once it has a quorum', () => {
    const before = cast(3, { 0: 10, 1: 11, 2: 12, 3: 13 })
    const now = cast(7, { 1: 21, 2: 22, 4: 24 })
    expect(soakVotesInForce(before, now, QUORUM)).to.deep.equal(now)
    expect(soakVotesInForce(before, [], QUORUM)).to.deep.equal(before)
  })

  it('are filled up to a quorum from earlier soaks, with other receivers, whole epochs at a time', () => {
    const older = cast(1, { 8: 80, 9: 90 })
    const before = [...cast(3, { 0: 10, 1: 11, 2: 12, 3: 13 }), ...older]
    const now = cast(7, { 1: 21, 2: 22 })
    expect(soakVotesInForce(before, now, QUORUM)).to.deep.equal([...now, ...cast(3, { 0: 10, 3: 13 })])
    expect(soakVotesInForce([], now, QUORUM)).to.deep.equal(now)
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
        const inForce = soakVotesInForce(held, now, QUORUM)
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

  it('come from soaks alone, and in a soak nothing else counts', () => {
    const all = [0, 1, 2, 3, 4]
    const short = all.map(receiver => vote(receiver, OUTCOME.verified, CLAIM_KBPS))
    const soaks = asSoaks(short)
    expect(certified(short, all, false, []).soakVotes).to.deep.equal([])
    expect(certified(soaks, all, true, []).soakVotes).to.have.length(5)
    expect(certified(soaks, all, false, []).usable).to.equal(0)
    expect(certified(short, all, true, []).usable).to.equal(0)
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
