/** Ballots of a large network are read a slice of providers at a time. */
import { expect } from 'chai'
import fc from 'fast-check'
import { PART_VOTES, providerOf, votesOf } from '../../../proto/ballot-index.js'
import type { Hex } from '../../../proto/hex.js'
import { encodeVote, OUTCOME, VOTE_BYTES } from '../../../proto/vote.js'
import { vote } from '../../core/test/samples.js'
import { type PartedBallot, voteSlices } from '../vote-slices.js'

const EPOCH = 4
const address = (n: number): Hex => `0x${n.toString(16).padStart(40, '0')}`

/** A ballot on these providers, with parts of so many votes. @param onRead sees each part that is read */
function partedBallot(
  verifier: number,
  providers: readonly number[],
  partVotes: number,
  onRead = () => {},
): PartedBallot {
  const votes = [...new Set(providers)]
    .sort((a, b) => a - b)
    .map(n => encodeVote(vote(verifier, OUTCOME.noData, 0, { epoch: EPOCH, provider: address(n) })))
  return {
    verifier,
    parts: Math.ceil(votes.length / partVotes),
    part: async i => {
      onRead()
      return Buffer.concat(votes.slice(i * partVotes, (i + 1) * partVotes))
    },
  }
}

/** By slice: the providers that each ballot's votes are on. */
async function slicesOf(ballots: readonly PartedBallot[]): Promise<Map<number, Hex[]>[]> {
  const slices: Map<number, Hex[]>[] = []
  for await (const slice of voteSlices(ballots))
    slices.push(new Map(slice.map(({ verifier, votes }) => [verifier, votesOf(votes).map(providerOf)])))
  return slices
}

describe('slices of ballots', () => {
  it('hold each vote once, in the order of its ballot, and all votes on one provider together', async () => {
    const providers = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 60 })
    const property = fc.asyncProperty(
      fc.array(providers, { maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      async (of, partVotes) => {
        const slices = await slicesOf(of.map((own, verifier) => partedBallot(verifier, own, partVotes)))
        for (const [verifier, own] of of.entries()) {
          const read = slices.flatMap(slice => slice.get(verifier)!)
          expect(read).to.deep.equal([...new Set(own)].sort((a, b) => a - b).map(address))
        }
        const named = slices.map(slice => [...new Set([...slice.values()].flat())].sort())
        expect(named.flat(), 'ascending, and none in two slices').to.deep.equal([...new Set(named.flat())].sort())
        expect(named.every(one => one.length > 0)).to.equal(true)
      },
    )
    await fc.assert(property, { numRuns: 200 })
  })

  it('need one part of each ballot in memory, and let other work run in between', async () => {
    const [verifiers, parts] = [7, 12]
    let [read, turns, slices] = [0, 0, 0]
    const all = Array.from({ length: parts * PART_VOTES }, (_, n) => n)
    const ballots = Array.from({ length: verifiers }, (_, v) =>
      partedBallot(
        v,
        all.filter(n => n % verifiers !== v),
        PART_VOTES,
        () => read++,
      ),
    )
    const turn = () => {
      turns++
      if (slices >= 0) setImmediate(turn)
    }
    setImmediate(turn)
    let taken = 0
    for await (const slice of voteSlices(ballots)) {
      slices++
      taken += slice.reduce((sum, { votes }) => sum + votes.length / VOTE_BYTES, 0)
      expect(read * PART_VOTES - taken, 'votes that are read and not yet taken').to.be.at.most(verifiers * PART_VOTES)
    }
    expect(turns).to.be.at.least(slices - 1)
    expect(taken).to.equal((verifiers - 1) * parts * PART_VOTES)
    slices = -1
  })

  it('attack: a ballot on few providers beside one on many hides none of theirs', async () => {
    const slices = await slicesOf([
      partedBallot(0, [50], 1),
      partedBallot(1, [1, 2, 49, 50, 51, 90], 2),
      partedBallot(2, [], 1),
    ])
    const together = slices.filter(slice => [...slice.values()].flat().includes(address(50)))
    expect(together).to.have.length(1)
    expect(together[0]!.get(0)).to.deep.equal([address(50)])
    expect(together[0]!.get(1)).to.include(address(50))
  })

  it('fail if a part cannot be read', async () => {
    const broken: PartedBallot = { verifier: 1, parts: 1, part: async () => Promise.reject(new Error('a dying disk')) }
    const failed = await slicesOf([partedBallot(0, [1], 1), broken]).catch(cause => cause)
    expect(failed).to.be.an('error').with.property('message', 'a dying disk')
  })
})
