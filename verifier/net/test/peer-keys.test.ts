import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { expect } from 'chai'
import fc from 'fast-check'
import { peerIdOf, peerPrivateKey, peerSigner, peerVerifier } from '../peer-keys.js'

const seed = (byte: number) => new Uint8Array(32).fill(byte)

describe('peer keys', () => {
  it('make signatures that only their own peer id verifies', async () => {
    const digest = new Uint8Array(32).fill(3)
    const signature = await (await peerSigner(seed(1))).sign(digest)
    const [own, other] = [peerVerifier(await peerIdOf(seed(1))), peerVerifier(await peerIdOf(seed(2)))]
    expect(await own(digest, signature)).to.equal(true)
    expect(await own(new Uint8Array(32), signature)).to.equal(false)
    expect(await other(digest, signature)).to.equal(false)
    expect(await own(digest, signature.subarray(1))).to.equal(false)
    expect(await own(digest, new Uint8Array(0))).to.equal(false)
  })

  it('are those that libp2p derives from any seed', async () => {
    const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })
    await fc.assert(
      fc.asyncProperty(seeds, async bytes => {
        const expected = await generateKeyPairFromSeed('Ed25519', bytes)
        expect((await peerPrivateKey(bytes)).equals(expected)).to.equal(true)
      }),
      { numRuns: 20 },
    )
  })

  it('come with a peer id that follows from the seed alone', async () => {
    expect(await peerIdOf(seed(1))).to.equal(await peerIdOf(seed(1)))
    expect(await peerIdOf(seed(1))).to.match(/^12D3KooW/)
  })

  it('refuse a peer id without a key', () => {
    expect(() => peerVerifier('nonsense')).to.throw()
  })
})
