import { expect } from 'chai'
import { peerIdOf, peerSigner, peerVerifier } from '../peer-keys.js'

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

  it('come with a peer id that follows from the seed alone', async () => {
    expect(await peerIdOf(seed(1))).to.equal(await peerIdOf(seed(1)))
    expect(await peerIdOf(seed(1))).to.match(/^12D3KooW/)
  })

  it('refuse a peer id without a key', () => {
    expect(() => peerVerifier('nonsense')).to.throw()
  })
})
