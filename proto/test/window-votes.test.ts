import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText } from '../hash.js'
import { type Hex, toHex, ZERO_HASH } from '../hex.js'
import { keccak256 } from '../keccak.js'
import { decodeWindow, encodeWindow, type OpenWindow, WINDOW_BYTES, windowDigest } from '../open-window.js'
import { COUNTED, type CountedCode, WINDOW_VOTE_BYTES, type WindowVote, WindowVotes } from '../window-votes.js'

const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const link = fc.oneof(
  fc.constant(ZERO_HASH),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => toHex(bytes)),
)
const vote: fc.Arbitrary<WindowVote> = fc.record({
  receiver: uint32,
  epoch: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  counted: fc.constantFrom<CountedCode>(...Object.values(COUNTED)),
  rateKbps: uint32,
  serving: fc.boolean(),
  noPath: fc.boolean(),
  link,
  beside: fc.boolean(),
  lowerKbps: uint32,
  soak: fc.boolean(),
})
const votes = fc.array(vote, { maxLength: 8 })
const KEPT: WindowVote = {
  ...{ receiver: 3, epoch: 7, counted: COUNTED.rate, rateKbps: 24_000, serving: true, noPath: false },
  ...{ link: keccakText('a line'), beside: false, lowerKbps: 23_000, soak: false },
}
const windowOf = (of: readonly WindowVote[]): OpenWindow => ({
  ...{ first: 5, assigned: 7, claimKbps: 25_000, ticksUp: 8, ticksTotal: 9, votes: WindowVotes.of(of) },
})

describe('the votes of a window', () => {
  it('are the votes that were added, in their order, whichever came in one epoch', () => {
    fc.assert(
      fc.property(votes, votes, (earlier, later) => {
        const both = WindowVotes.of(earlier).with(later)
        expect(both.all()).to.deep.equal([...earlier, ...later])
        expect(both.bytes).to.deep.equal(WindowVotes.of([...earlier, ...later]).bytes)
        expect(both.isChained()).to.equal(true)
      }),
    )
  })

  it('never change: others may be added to the same votes', () => {
    fc.assert(
      fc.property(votes, vote, vote, (waiting, one, other) => {
        const before = WindowVotes.of(waiting)
        const bytes = Uint8Array.from(before.bytes)
        const [first, second] = [before.with([one]), before.with([other])]
        expect(before.bytes).to.deep.equal(bytes)
        expect([first.all().at(-1), second.all().at(-1)]).to.deep.equal([one, other])
        expect(first.with([other]).all()).to.deep.equal([...waiting, one, other])
      }),
    )
  })

  it('tell each field of a vote by its place, and whether two name one link', () => {
    fc.assert(
      fc.property(fc.array(vote, { minLength: 2, maxLength: 8 }), waiting => {
        const packed = WindowVotes.of(waiting)
        for (const [i, one] of waiting.entries()) {
          expect([packed.counted(i), packed.rateKbps(i), packed.lowerKbps(i), packed.link(i)]).to.deep.equal([
            ...[one.counted, one.rateKbps, one.lowerKbps, one.link],
          ])
          expect([packed.isServing(i), packed.hasNoPath(i), packed.isBeside(i), packed.isSoak(i)]).to.deep.equal([
            ...[one.serving, one.noPath, one.beside, one.soak],
          ])
          expect(packed.hasLink(i)).to.equal(one.link !== ZERO_HASH)
          for (const [j, other] of waiting.entries()) expect(packed.isSameLink(i, j)).to.equal(one.link === other.link)
        }
      }),
    )
  })

  it('have a chain that anybody can compute', () => {
    const packed = WindowVotes.of([KEPT, { ...KEPT, receiver: 4 }])
    let chain: Uint8Array = new Uint8Array(32)
    for (let i = 0; i < 2; i++) {
      const at = 32 + i * WINDOW_VOTE_BYTES
      chain = keccak256(Buffer.concat([chain, packed.bytes.subarray(at, at + WINDOW_VOTE_BYTES)]))
    }
    expect(packed.chain).to.deep.equal(chain)
  })

  it('attack: a peer changes a bit, leaves a vote out, adds one, or swaps two', () => {
    const honest = WindowVotes.of([KEPT, { ...KEPT, receiver: 4 }, { ...KEPT, receiver: 5, counted: COUNTED.under }])
    const { bytes } = honest
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = Uint8Array.from(bytes)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(new WindowVotes(changed).isChained(), `bit ${bit}`).to.equal(false)
    }
    const parts = [0, 1, 2].map(i => bytes.subarray(32 + i * WINDOW_VOTE_BYTES, 32 + (i + 1) * WINDOW_VOTE_BYTES))
    for (const order of [[], [0], [0, 1], [1, 2], [1, 0, 2], [0, 1, 2, 2], [0, 0, 1, 2]]) {
      const forged = new WindowVotes(Buffer.concat([honest.chain, ...order.map(i => parts[i]!)]))
      expect(forged.isChained(), order.join()).to.equal(false)
    }
  })

  it('are refused in other lengths, with numbers too large, and with a link that is no hash', () => {
    for (const length of [0, 31, 33, 32 + WINDOW_VOTE_BYTES - 1])
      expect(() => new WindowVotes(new Uint8Array(length))).to.throw(RangeError, `${length} bytes`)
    const wrong: Partial<WindowVote>[] = [
      ...[{ receiver: 2 ** 32 }, { receiver: -1 }, { epoch: 2 ** 48 }, { rateKbps: 0.5 }, { lowerKbps: Number.NaN }],
      ...[{ link: '0x12' as Hex }, { link: `0x${'zz'.repeat(32)}` as Hex }],
    ]
    for (const over of wrong) expect(() => WindowVotes.of([{ ...KEPT, ...over }])).to.throw(RangeError)
  })
})

describe('a window', () => {
  it('is the same after its encoding, with votes or without', () => {
    fc.assert(
      fc.property(votes, waiting => {
        const window = windowOf(waiting)
        const encoded = encodeWindow(window)
        expect(encoded).to.have.length(WINDOW_BYTES + waiting.length * WINDOW_VOTE_BYTES)
        const { votes: decoded, ...fields } = decodeWindow(encoded)
        const { votes: of, ...own } = window
        expect(fields).to.deep.equal(own)
        expect(decoded.bytes).to.deep.equal(of.bytes)
      }),
    )
  })

  it('has a digest of all its fields and votes, and none if it is not open', () => {
    const window = windowOf([KEPT])
    const digests = [
      ...(['first', 'assigned', 'claimKbps', 'ticksUp', 'ticksTotal'] as const).map(field =>
        windowDigest({ ...window, [field]: window[field] + 1 }),
      ),
      ...[windowDigest(window), windowDigest(windowOf([])), windowDigest(windowOf([{ ...KEPT, soak: true }]))],
    ]
    expect(new Set(digests).size).to.equal(8)
    expect(windowDigest(undefined)).to.equal(ZERO_HASH)
  })
})
