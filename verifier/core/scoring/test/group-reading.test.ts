import { expect } from 'chai'
import fc from 'fast-check'
import { shareKbps } from '../../../../probe/verdict/share.js'
import { STATUS } from '../../../../proto/leaf.js'
import { OUTCOME, type Vote } from '../../../../proto/vote.js'
import { anyVote } from '../../test/arbitraries.js'
import { PARAMS, vote } from '../../test/samples.js'
import { tallyVotes } from '../tally.js'

/** Shares of 500, with a slashing threshold of 375; the threshold of the claim is 750. */
const CLAIM_KBPS = 1000
const PAIRS = [
  [0, 1],
  [2, 3],
  [4, 5],
] as const
const SIX = [0, 1, 2, 3, 4, 5]

const certified = (votes: readonly Vote[], groups: readonly (readonly number[])[] = PAIRS, soak = false) =>
  tallyVotes({
    ...{ votes, groups, assigned: SIX, claimKbps: CLAIM_KBPS, params: PARAMS, pathlessQ2: 0 },
    soak: { now: soak, held: [], needed: false },
  })

/** By receiver; below the slashing threshold of a share with evidence, or `atLeast`. */
const read = (rates: readonly number[]): Vote[] =>
  rates.map((rate, i) => vote(i, rate < 375 ? OUTCOME.under : OUTCOME.verified, rate))
const replaced = (votes: readonly Vote[], other: Vote): Vote[] =>
  votes.map(one => (one.receiver === other.receiver ? other : one))
const counted = (votes: readonly Vote[]) => certified(votes).receivers.map(one => one.counted)

describe('the reading of a group', () => {
  it("is the sum of its members' readings, and each member counts with the sum", () => {
    const result = certified(read([480, 470, 490, 460, 500, 500]))
    expect(result).to.include({ status: STATUS.measured, rateKbps: 950, breach: false, usable: 6 })
    expect(result.receivers[0]!.group).to.deep.equal({ verifiers: [0, 1], ratesKbps: [480, 470], sumKbps: 950 })
    expect(result.receivers[5]!.group!.sumKbps).to.equal(1000)
  })

  it('does not depend on how a queue splits traffic among the members', () => {
    const votes = read([820, 190, 820, 180, 815, 185])
    const result = certified(votes)
    expect(result).to.include({ breach: false, belowThreshold: 0, rateKbps: 1000 })
    expect(result.receivers[0]!.group!.sumKbps).to.equal(1010)
  })

  it("counts no more of a member's reading than its senders offer", () => {
    expect(certified(read([1000, 100, 500, 500, 500, 500])).receivers[0]!.group!.sumKbps).to.equal(
      3 * shareKbps(500, 3) + 100,
    )
  })

  it('is at most the claim, whatever its members say', () => {
    expect(certified(read([900, 900, 900, 900, 900, 900])).rateKbps).to.equal(1000)
    const odd = tallyVotes({
      ...{ votes: read([334, 334, 334]).map(one => ({ ...one, outcome: OUTCOME.verified })), groups: [[0, 1, 2]] },
      ...{
        assigned: [0, 1, 2],
        claimKbps: 1000,
        params: PARAMS,
        pathlessQ2: 0,
        soak: { now: false, held: [], needed: false },
      },
    })
    expect(odd.rateKbps).to.equal(1000)
  })

  it('does not let a provider favour some members', () => {
    // 600 of 1000: three members read their whole share.
    const result = certified(read([500, 100, 500, 100, 100, 500]))
    expect(result).to.include({ breach: true, belowThreshold: 6, rateKbps: 600 })
  })

  it('is no low vote if the group read the whole claim, even though one member read low', () => {
    expect(certified(read([500, 300, 500, 500, 500, 500]))).to.include({ belowThreshold: 0, rateKbps: 1000, usable: 6 })
  })

  it('counts a low member only with its evidence', () => {
    const votes = replaced(
      read([500, 100, 500, 500, 500, 500]),
      vote(1, OUTCOME.under, 100, { controlLossBps: 301, offeredKbps: 1000, otherOutcome: OUTCOME.noData }),
    )
    expect(counted(votes).slice(0, 2)).to.deep.equal(['ignored', 'ignored'])
    const result = certified(votes)
    expect(result.receivers[0]!.why).to.include('incomplete').and.include('verifier 1')
    expect(result.receivers[1]!.why).to.include('evidence')
    expect(result.receivers[0]!.group).to.equal(undefined)
  })

  it('is a lower bound if one member has only a lower bound, even below its own threshold', () => {
    const votes = replaced(read([500, 500, 500, 500, 500, 500]), vote(1, OUTCOME.atLeast, 300))
    expect(counted(votes)).to.deep.equal(['at-least', 'at-least', 'rate', 'rate', 'rate', 'rate'])
    expect(certified(votes).receivers[0]!.group!.sumKbps).to.equal(800)
    const low = replaced(votes, vote(1, OUTCOME.atLeast, 200))
    expect(counted(low).slice(0, 2)).to.deep.equal(['ignored', 'ignored'])
    expect(certified(low)).to.include({ belowThreshold: 0, usable: 4 })
  })

  it('says nothing if a member says nothing', () => {
    const votes = read([500, 500, 500, 500, 500, 500])
    expect(counted(votes.slice(1)).slice(0, 2)).to.deep.equal(['missing', 'ignored'])
    expect(counted(replaced(votes, vote(1, OUTCOME.noData))).slice(0, 2)).to.deep.equal(['ignored', 'ignored'])
    expect(counted([...votes, vote(1, OUTCOME.verified, 500)]).slice(0, 2)).to.deep.equal(['ignored', 'ignored'])
    expect(certified(votes.filter(({ receiver }) => receiver % 2 === 0))).to.include({ status: STATUS.unmeasured })
  })

  it('counts a refused member like a member to which nothing was delivered', () => {
    for (const outcome of [OUTCOME.refused, OUTCOME.dead, OUTCOME.garbage]) {
      const favoured = SIX.map(i => (i % 2 === 0 ? vote(i, OUTCOME.verified, 500) : vote(i, outcome)))
      expect(certified(favoured)).to.include({ breach: true, rateKbps: 500, status: STATUS.measured })
      expect(certified(SIX.map(i => vote(i, outcome)))).to.include({ rateKbps: 0, status: STATUS.unserving })
    }
  })

  it('counts nothing from assigned receivers that are in no group', () => {
    const result = certified(read([500, 500, 500, 500, 500, 500]), [
      [0, 1],
      [2, 3],
    ])
    expect(result).to.include({ assigned: 6, usable: 4 })
    expect(result.receivers[4]).to.include({ counted: 'ignored' })
    expect(result.receivers[4]!.why).to.include('no group')
  })

  it('is the soak vote of each member', () => {
    const votes = read([480, 470, 490, 460, 500, 500]).map(one => ({ ...one, soak: true }))
    const { soakVotes } = certified(votes, PAIRS, true)
    expect(soakVotes.map(({ rateKbps }) => rateKbps)).to.deep.equal([950, 950, 950, 950, 1000, 1000])
    expect(certified(votes).usable).to.equal(0)
  })

  it('lets one liar turn its own group and no other', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SIX).chain(liar => fc.tuple(fc.constant(liar), anyVote(liar))),
        fc.tuple(...SIX.map(() => fc.integer({ min: 375, max: 500 }))),
        ([liar, lie], rates) => {
          const votes = read(rates)
          const lied = certified(replaced(votes, lie))
          const honest = certified(votes)
          expect(lied.breach).to.equal(false)
          for (const [i, account] of lied.receivers.entries()) {
            if (PAIRS.find(pair => pair.some(one => one === i))!.some(one => one === liar)) continue
            expect(account).to.deep.equal(honest.receivers[i])
          }
        },
      ),
    )
  })

  it('is the same for all members, and has no evidence of a breach without a low member', () => {
    const drawn = fc.tuple(...SIX.map(anyVote))
    fc.assert(
      fc.property(drawn, votes => {
        const { receivers } = certified(votes)
        for (const pair of PAIRS) {
          const [first, second] = pair.map(i => receivers[i]!)
          expect(first!.counted).to.equal(second!.counted)
          expect(first!.group).to.deep.equal(second!.group)
          const kinds = pair.map(i => votes[i]!.outcome)
          if (first!.counted === 'under') {
            expect(kinds.some(kind => kind !== OUTCOME.verified && kind !== OUTCOME.atLeast)).to.equal(true)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('counts with the better of its two tries', () => {
    const tries = (first: readonly number[], second: readonly number[], attempts = 2) =>
      second.map((rate, i) => {
        const outcomeOf = (kbps: number) => (kbps < 375 ? OUTCOME.under : OUTCOME.verified)
        const other = { otherOutcome: outcomeOf(first[i]!), otherKbps: first[i]!, attempts }
        return vote(i, outcomeOf(rate), rate, other)
      })
    const [full, low] = [
      [500, 500, 500, 500, 500, 500],
      [300, 300, 300, 300, 300, 300],
    ]
    expect(certified(tries(low, full))).to.include({ rateKbps: 1000, belowThreshold: 0 })
    expect(certified(tries(full, low))).to.include({ rateKbps: 1000, belowThreshold: 0 })
    expect(certified(tries(low, low))).to.include({ rateKbps: 600, belowThreshold: 6, breach: true })
    // A provider that favours one member in the first try, and the other in the second, has no better sum in either.
    const favours = certified(tries([500, 100, 500, 100, 500, 100], [100, 500, 100, 500, 100, 500]))
    expect(favours).to.include({ rateKbps: 600, belowThreshold: 6, breach: true })
    expect(favours.receivers[0]!.vote!.rateKbps).to.equal(100)
  })

  it('blames nobody for one try alone', () => {
    const once = read([300, 300, 300, 300, 300, 300]).map(one => ({
      ...one,
      attempts: 1,
      otherOutcome: 0,
      otherKbps: 0,
    }))
    expect(certified(once)).to.include({ usable: 0, belowThreshold: 0 })
    expect(certified(once).receivers[0]!.why).to.include('second session')
  })

  it('counts with one try if a member had no session in the other', () => {
    const halves = read([500, 500, 500, 500, 500, 500])
    const missing = replaced(halves, vote(1, OUTCOME.noData, 0, { otherOutcome: OUTCOME.verified, otherKbps: 480 }))
    const result = certified(missing)
    expect(result.receivers[0]!.group!.sumKbps).to.equal(980)
    expect(result.receivers.map(one => one.counted).slice(0, 2)).to.deep.equal(['rate', 'rate'])
  })
})
