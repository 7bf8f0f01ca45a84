import { expect } from 'chai'
import { computeAddress } from 'ethers'
import { BlsSigner } from '../../bls/signer.js'
import { createKeys, keysFromSeed } from '../keys.js'

describe('keys', () => {
  it('follow from seed and name, and differ if the seed or the name differs', () => {
    const keys = keysFromSeed('seed', 'verifier-0')
    expect(keysFromSeed('seed', 'verifier-0')).to.deep.equal(keys)
    const all = [keys, keysFromSeed('seed', 'verifier-1'), keysFromSeed('other', 'verifier-0')].flatMap(k =>
      Object.values(k),
    )
    expect(new Set(all).size).to.equal(9)
  })

  it('are usable whatever the random bytes are', () => {
    for (const byte of [1, 0x72, 0x73, 0xff - 1]) {
      const drawn = createKeys({ bytes: length => new Uint8Array(length).fill(byte) })
      expect(new BlsSigner(drawn.bls).publicKey128).to.have.lengthOf(128)
      expect(computeAddress(drawn.evm)).to.match(/^0x/)
    }
  })
})
