/** Many signatures checked together: only the wrong ones are refused. */
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { expect } from 'chai'
import { aggregate } from '../aggregate.js'
import { BatchChecks, type Check } from '../check.js'
import { keyOf, signed, wrong } from './signed.js'

const { Signature } = bls12_381.longSignatures
const checks = new BatchChecks()

/** Well-formed signatures whose errors cancel each other out: s₁ + δ and s₂ − δ. */
function cancelling(first: Check, second: Check): Check[] {
  const delta = Signature.fromBytes(signed(9, 'delta').signature)
  const moved = (check: Check, by: typeof delta) => ({
    ...check,
    signature: Signature.fromBytes(check.signature).add(by).toBytes(true),
  })
  return [moved(first, delta), moved(second, delta.negate())]
}

describe('signatures that are checked together', () => {
  const COUNT = 10
  const SHAPES = {
    'of different digests': undefined,
    'of one digest': 'one text',
  }
  for (const [shape, text] of Object.entries(SHAPES)) {
    const right = Array.from({ length: COUNT }, (_, signer) => signed(signer, text))

    it(`${shape} all hold if all are right`, () => {
      expect(checks.check(right)).to.deep.equal(right.map(() => true))
    })

    it(`${shape}: a wrong one is found in each place, and no other`, () => {
      for (let place = 0; place < COUNT; place++) {
        const expected = right.map((_, i) => i !== place)
        expect(checks.check(right.with(place, wrong(place, text))), `${place}`).to.deep.equal(expected)
      }
    })

    it(`${shape}: malformed points and keys fail, and no other`, () => {
      const point = right[0]!.signature
      const malformed: Partial<Check>[] = [
        { signature: new Uint8Array(96) },
        { signature: Uint8Array.of(0xc0, ...new Uint8Array(95)) }, // infinity
        { signature: point.with(0, point[0]! & 0x7f) }, // not marked as compressed
        { signature: Signature.fromBytes(point).toBytes(false) },
        { signature: point.subarray(1) },
        { keys: [`0x${'00'.repeat(128)}`] }, // infinity
        { keys: ['0x00'] },
        { keys: [] },
      ]
      for (const [i, change] of malformed.entries()) {
        const place = i % COUNT
        const expected = right.map((_, j) => j !== place)
        expect(checks.check(right.with(place, { ...right[place]!, ...change })), `${i}`).to.deep.equal(expected)
      }
    })

    it(`attack: two ${shape}, whose errors cancel each other out`, () => {
      const pair = cancelling(right[3]!, right[4]!)
      const expected = right.map((_, i) => i !== 3 && i !== 4)
      expect(checks.check(right.with(3, pair[0]!).with(4, pair[1]!))).to.deep.equal(expected)
      expect(checks.check(pair)).to.deep.equal([false, false])
    })
  }

  it('of which some share a digest and others do not', () => {
    const mixed = [signed(0), signed(1, 'a'), wrong(2, 'a'), signed(3, 'a'), signed(4, 'b'), signed(5, 'b'), wrong(6)]
    expect(checks.check(mixed)).to.deep.equal([true, true, false, true, true, true, false])
  })

  it('the same one twice, with a wrong one between', () => {
    expect(checks.check([signed(0), wrong(0), signed(0)])).to.deep.equal([true, false, true])
  })

  it('one signature of many keys, among others', () => {
    const signers = [0, 1, 2]
    const sum: Check = {
      keys: signers.map(keyOf),
      digest: signed(0, 'report').digest,
      signature: aggregate(signers.map(signer => signed(signer, 'report').signature)),
    }
    const fewer = { ...sum, keys: sum.keys.slice(1) }
    expect(checks.check([sum, signed(3, 'report'), fewer, signed(4)])).to.deep.equal([true, true, false, true])
  })
})
