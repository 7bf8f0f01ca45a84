/** RFC 9497 by its own vectors and beside another implementation; attack: elements, scalars and proofs of other forms. */
import { ristretto255_oprf } from '@noble/curves/ed25519.js'
import { expect } from 'chai'
import fc from 'fast-check'
import { fromHex, toHex } from '../../../proto/hex.js'
import { deriveKeyPair, Poprf } from '../poprf.js'

const bytes = (text: string): Uint8Array => fromHex(`0x${text}`)
/** Draws this scalar. */
const scalar = (value: Uint8Array) => ({
  bytes: (length: number) => Uint8Array.from({ length }, (_, i) => value[i] ?? 0),
})
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** Another form of a scalar, in as many bytes. */
function plusOrder(scalar: Uint8Array): Uint8Array {
  const value = ORDER + BigInt(toHex(Uint8Array.from(scalar).reverse()))
  return bytes(value.toString(16).padStart(64, '0')).reverse()
}

/** Appendix A.1.3, the first vector. */
const VECTOR = {
  secretKey: bytes('145c79c108538421ac164ecbe131942136d5570b16d8bf41a24d4337da981e07'),
  publicKey: bytes('c647bef38497bc6ec077c22af65b696efa43bff3b4a1975a3e8e0a1c5a79d631'),
  info: bytes('7465737420696e666f'),
  input: bytes('00'),
  blind: bytes('64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706'),
  blinded: bytes('c8713aa89241d6989ac142f22dba30596db635c772cbf25021fdd8f3d461f715'),
  evaluated: bytes('1a4b860d808ff19624731e67b5eff20ceb2df3c3c03b906f5693e2078450d874'),
  proofRandom: bytes('222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e'),
  proof: bytes(
    '41ad1a291aa02c80b0915fbfbb0c0afa15a57e2970067a602ddb9e8fd6b7100de32e1ecff943a36f0b10e3dae6bd266cdeb8adf825d86ef27dbc6c0e30c52206',
  ),
  output: bytes(
    'ca688351e88afb1d841fde4401c79efebb2eb75e7998fa9737bd5a82a152406d38bd29f680504e54fd4587eddcf2f37a2617ac2fbd2993f7bdf45442ace7d221',
  ),
}

describe('the function behind tokens', () => {
  const poprf = new Poprf(VECTOR.info)
  const key = poprf.keyOf(VECTOR.publicKey)
  const { input, blind, blinded, evaluated, proof } = VECTOR

  it('is that of RFC 9497, by its vector', () => {
    const pair = deriveKeyPair(new Uint8Array(32).fill(0xa3), Buffer.from('test key'))
    expect(pair).to.deep.equal({ secretKey: VECTOR.secretKey, publicKey: VECTOR.publicKey })
    expect(poprf.blind(input, scalar(blind))).to.deep.equal({ blind, blinded })
    const issue = poprf.evaluateBlinded(VECTOR.secretKey, [blinded], scalar(VECTOR.proofRandom))
    expect(issue).to.deep.equal({ evaluated: [evaluated], proof })
    expect(poprf.finish([{ input, blind, blinded, evaluated }], proof, key)).to.deep.equal([VECTOR.output])
    expect(poprf.evaluate(VECTOR.secretKey, input)).to.deep.equal(VECTOR.output)
  })

  it('works with another implementation at either end, for any input and public input', () => {
    const anyBytes = (most: number) => fc.uint8Array({ maxLength: most })
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        anyBytes(80),
        fc.array(anyBytes(80), { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.uint8Array({ minLength: 64, maxLength: 64, min: 1 })),
        (seed, info, inputs, drawn) => {
          const random = { bytes: () => drawn.next().value! }
          const [ours, theirs] = [new Poprf(info), ristretto255_oprf.poprf(info)]
          const pair = deriveKeyPair(seed, info)
          expect(pair).to.deep.equal(theirs.deriveKeyPair(seed, info))
          const asked = inputs.map(each => ({ input: each, ...ours.blind(each, random) }))
          const issue = theirs.blindEvaluateBatch(
            pair.secretKey,
            asked.map(item => item.blinded),
          )
          const items = asked.map((item, i) => ({ ...item, evaluated: issue.evaluated[i]! }))
          const outputs = inputs.map(each => theirs.evaluate(pair.secretKey, each))
          expect(ours.finish(items, issue.proof, ours.keyOf(pair.publicKey))).to.deep.equal(outputs)
          expect(inputs.map(each => ours.evaluate(pair.secretKey, each))).to.deep.equal(outputs)

          const theirBlinds = inputs.map(each => theirs.blind(each, pair.publicKey))
          const ourIssue = ours.evaluateBlinded(
            pair.secretKey,
            theirBlinds.map(item => item.blinded),
            random,
          )
          const theirItems = theirBlinds.map((item, i) => ({
            ...{ input: inputs[i]!, blind: item.blind, blinded: item.blinded },
            evaluated: ourIssue.evaluated[i]!,
          }))
          expect(theirs.finalizeBatch(theirItems, ourIssue.proof, theirBlinds[0]!.tweakedKey)).to.deep.equal(outputs)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('takes no proof with a bit changed, or in a second form, and none for other elements', () => {
    const item = { input, blind, blinded, evaluated }
    for (let bit = 0; bit < 8 * proof.length; bit += 7) {
      const changed = Uint8Array.from(proof)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => poprf.finish([item], changed, key), `bit ${bit}`).to.throw()
    }
    const second = Uint8Array.from([...proof.subarray(0, 32), ...plusOrder(proof.subarray(32))])
    expect(() => poprf.finish([item], second, key)).to.throw('second form')
    for (const length of [0, 32, 63, 65]) {
      const cut = Uint8Array.from({ length }, (_, i) => proof[i] ?? 0)
      expect(() => poprf.finish([item], cut, key), `${length} bytes`).to.throw()
    }
    expect(() => poprf.finish([{ ...item, evaluated: blinded }], proof, key)).to.throw()
    expect(() => poprf.finish([item, item], proof, key), 'the proof of one element, for two').to.throw()
    expect(() => poprf.finish([item], proof, poprf.keyOf(blinded)), 'another key').to.throw()
  })

  it('takes no bytes that are no element, and never the identity', () => {
    const order = plusOrder(new Uint8Array(32))
    for (const bad of [
      new Uint8Array(32),
      new Uint8Array(32).fill(0xff),
      order,
      new Uint8Array(31),
      new Uint8Array(),
    ]) {
      expect(() => poprf.keyOf(bad), `key ${toHex(bad)}`).to.throw()
      expect(() => poprf.evaluateBlinded(VECTOR.secretKey, [bad], scalar(blind)), `blinded ${toHex(bad)}`).to.throw()
      expect(() => poprf.finish([{ input, blind, blinded, evaluated: bad }], proof, key), toHex(bad)).to.throw()
    }
  })
})
