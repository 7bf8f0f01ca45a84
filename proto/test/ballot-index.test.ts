import { keccak_256 } from '@noble/hashes/sha3.js'
import { expect } from 'chai'
import fc from 'fast-check'
import { BallotIndex, INDEX_ENTRY_BYTES, PART_VOTES, providerOf, standsIn, votesOf } from '../ballot-index.js'

import { MerkleTree, verifyProof } from '../merkle.js'
import { VOTE_BYTES } from '../vote.js'

/** A vote on a provider; `byte` fills what else it says. */
function voteOn(provider: number, byte: number): Uint8Array {
  const vote = new Uint8Array(VOTE_BYTES).fill(byte)
  vote.set(new Uint8Array(32), 32)
  new DataView(vote.buffer).setUint32(60, provider)
  return vote
}

const ballots = fc
  .uniqueArray(fc.tuple(fc.nat(5000), fc.nat(255)), { minLength: 1, maxLength: 40, selector: ([provider]) => provider })
  .map(of => of.sort(([a], [b]) => a - b).map(([provider, byte]) => voteOn(provider, byte)))

const many = Array.from({ length: 2 * PART_VOTES + 3 }, (_, i) => voteOn(i, i % 251))
const partOf = (votes: readonly Uint8Array[], part: number) =>
  Buffer.concat(votes.slice(part * PART_VOTES, (part + 1) * PART_VOTES))

describe('the index of a ballot', () => {
  it('has the root of its votes, and proves each of them', () => {
    fc.assert(
      fc.property(ballots, votes => {
        const index = BallotIndex.of(votes)
        expect(index.root).to.equal(new MerkleTree(votes).root)
        for (const [i, vote] of votes.entries()) {
          expect(index.placeOf(providerOf(vote))).to.equal(i)
          expect(verifyProof(index.root, vote, index.tree().proof(i))).to.equal(true)
        }
      }),
    )
  })

  it('finds no vote on a provider that the ballot lacks', () => {
    fc.assert(
      fc.property(ballots, fc.nat(5000), (votes, provider) => {
        const wanted = providerOf(voteOn(provider, 0))
        const place = votes.findIndex(vote => providerOf(vote) === wanted)
        expect(BallotIndex.of(votes).placeOf(wanted)).to.equal(place === -1 ? undefined : place)
      }),
    )
  })

  it('says where each vote stands', () => {
    const index = BallotIndex.of(many)
    expect([index.votes, index.parts]).to.deep.equal([many.length, 3])
    expect([0, 1, 2, 3].map(part => index.votesIn(part))).to.deep.equal([PART_VOTES, PART_VOTES, 3, 0])
    for (const place of [0, PART_VOTES - 1, PART_VOTES, many.length - 1]) {
      const { part, offset } = standsIn(place)
      expect(partOf(many, part).subarray(offset, offset + VOTE_BYTES)).to.deep.equal(Buffer.from(many[place]!))
    }
  })

  it('knows its parts, and nothing else', () => {
    const index = BallotIndex.of(many)
    for (const part of [0, 1, 2]) expect(index.check(part, partOf(many, part))).to.equal('held')
    const [first, last] = [partOf(many, 0), partOf(many, 2)]
    const changed = Uint8Array.from(first)
    changed[VOTE_BYTES * 7 + 100]! ^= 1
    const swapped = Buffer.concat([many[1]!, many[0]!, ...many.slice(2, PART_VOTES)])
    const shifted = Buffer.concat(many.slice(1, PART_VOTES + 1))
    for (const wrong of [changed, swapped, shifted, last, partOf(many, 1), first.subarray(1), new Uint8Array()])
      expect(index.check(0, wrong)).to.equal('wrong')
    expect(votesOf(last)).to.deep.equal(many.slice(-3).map(vote => Buffer.from(vote)))
  })

  it('attack: names for hashes other providers, or places, than the votes show', () => {
    const bytes = Uint8Array.from(BallotIndex.of(many).bytes)
    const hash = (of: number) => bytes.subarray(of * INDEX_ENTRY_BYTES + 20, (of + 1) * INDEX_ENTRY_BYTES)
    const kept = Uint8Array.from(hash(5))
    hash(5).set(hash(300))
    hash(300).set(kept)
    const lie = new BallotIndex(bytes)
    expect(lie.root, 'which the root does not show').to.equal(BallotIndex.of(many).root)
    expect([0, 1, 2].map(part => lie.check(part, partOf(many, part)))).to.deep.equal([
      'wrong-index',
      'wrong-index',
      'held',
    ])
  })

  it('attack: fewer votes than the root has, by inner nodes in the place of votes', () => {
    fc.assert(
      fc.property(ballots, fc.nat(20), (votes, level) => {
        const index = BallotIndex.of(votes)
        const nodes = [...levelsOf(index)]
        const inner = nodes[level % nodes.length]!
        const bytes = Buffer.concat(inner.map((node, i) => Buffer.concat([new Uint8Array(16), word(i), node])))
        const isLeaves = inner.length === votes.length
        expect(new BallotIndex(bytes).root === index.root).to.equal(isLeaves && level % nodes.length === 0)
      }),
    )
  })

  it('refuses half an entry, and providers that do not ascend', () => {
    const { bytes } = BallotIndex.of(many.slice(0, 2))
    expect(() => new BallotIndex(bytes.subarray(1))).to.throw(RangeError)
    expect(() => BallotIndex.of([many[1]!, many[0]!])).to.throw(RangeError)
    expect(() => BallotIndex.of([many[0]!, many[0]!])).to.throw(RangeError)
    expect(() => BallotIndex.of([many[0]!.subarray(1)])).to.throw(RangeError)
  })
})

const word = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** The hashes of the votes, those of the leaves, and the nodes of each level that a liar could name, up to the root. */
function* levelsOf(index: BallotIndex): Generator<Uint8Array[]> {
  const hashes = Array.from({ length: index.votes }, (_, i) => Uint8Array.from(index.hashAt(i)))
  yield hashes
  let level: Uint8Array[] = hashes.map(hash => keccak_256(hash)).sort(Buffer.compare)
  yield level
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) above.push(pairOf(level[i]!, level[i + 1]))
    level = above
    yield level
  }
}

const pairOf = (a: Uint8Array, b: Uint8Array | undefined): Uint8Array =>
  b === undefined ? a : keccak_256(Buffer.concat([a, b].sort(Buffer.compare)))
