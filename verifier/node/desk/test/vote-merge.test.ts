import { expect } from 'chai'
import fc from 'fast-check'
import { OUTCOME, VOTE_BYTES } from '../../../../proto/vote.js'
import { type CountedBallot, eachProvider } from '../../../core/scoring/ballots.js'
import { account, ballotOf, vote } from '../../../core/test/samples.js'
import { VoteMerge } from '../vote-merge.js'

const EPOCH = 4
const ACCOUNTS = Array.from({ length: 40 }, (_, i) => account(`${i}`)).sort()

const voted = (ballots: readonly CountedBallot[]) => {
  const seen = new Map<string, string>()
  eachProvider(ballots, EPOCH, (provider, votes) => {
    expect(seen.has(provider), `${provider} twice`).to.equal(false)
    seen.set(provider, JSON.stringify(votes.map(({ receiver, rateKbps }) => [receiver, rateKbps])))
  })
  return seen
}

describe('ballots in parts', () => {
  it('come provider by provider as whole ballots do, whatever the parts, with few parts of each in memory', () => {
    const ballots = fc.array(fc.record({ on: fc.subarray(ACCOUNTS), part: fc.integer({ min: 1, max: 50 }) }), {
      maxLength: 6,
    })
    fc.assert(
      fc.property(ballots, cast => {
        const whole = cast.map(({ on }, verifier) =>
          ballotOf(
            verifier,
            on.map((provider, i) => vote(verifier, OUTCOME.verified, 100 * verifier + i, { provider })),
          ),
        )
        const parts = cast.map(({ on, part }, verifier) =>
          Array.from({ length: Math.ceil(on.length / part) }, (_, i) =>
            whole[verifier]!.votes.subarray(i * part * VOTE_BYTES, (i + 1) * part * VOTE_BYTES),
          ),
        )
        const merge = new VoteMerge(parts.map(({ length }, verifier) => ({ verifier, parts: length })))
        const merged = new Map<string, string>()
        const given = parts.map(() => 0)
        for (let needed = merge.needs(); needed.length > 0; needed = merge.needs()) {
          for (const place of parts.keys())
            expect(needed.filter(one => one === place).length, 'parts at once').to.be.at.most(2)
          for (const place of needed) merge.put(place, parts[place]![given[place]!++]!)
          for (let slice = merge.next(); slice !== undefined; slice = merge.next()) {
            for (const [provider, votes] of voted(slice)) {
              expect(merged.has(provider), `${provider} in two slices`).to.equal(false)
              merged.set(provider, votes)
            }
          }
        }
        expect(given).to.deep.equal(parts.map(({ length }) => length))
        expect(merged).to.deep.equal(voted(whole))
      }),
    )
  })
})
