import { readFileSync } from 'node:fs'
import bls from '@chainsafe/bls'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { expect } from 'chai'
import { fromHex, toHex } from '../hex.js'
import { blsVectors } from './bls-vectors.js'
import { makeVectors, VECTORS } from './make-vectors.js'

describe('golden vectors', () => {
  for (const [name, contents] of Object.entries(makeVectors())) {
    it(`${name} equals the output of this code`, () => {
      expect(JSON.parse(readFileSync(new URL(name, VECTORS), 'utf8'))).to.deep.equal(JSON.parse(contents))
    })
  }

  it('are made with the native BLS library', () => {
    expect(bls.implementation).to.equal('blst-native')
  })

  it('hold signatures that noble accepts, and that noble also makes', () => {
    const { digest, signers } = blsVectors()
    const { longSignatures } = bls12_381
    const message = longSignatures.hash(fromHex(digest), blsVectors().ciphersuite)
    for (const { secretKey, publicKey, signature } of signers) {
      expect(toHex(longSignatures.getPublicKey(fromHex(secretKey)).toBytes())).to.equal(publicKey)
      expect(toHex(longSignatures.sign(message, fromHex(secretKey)).toBytes())).to.equal(signature)
      expect(longSignatures.verify(fromHex(signature), message, fromHex(publicKey))).to.equal(true)
    }
  })
})
