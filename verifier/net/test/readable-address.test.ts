import { expect } from 'chai'
import { peerIdOf } from '../peer-keys.js'
import { readableAddress } from '../readable-address.js'

const ADDRESS = '/ip4/203.0.113.7/tcp/4001'
/** A peer id by the hash of an RSA key. */
const RSA_PEER = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'

describe('an announced address', () => {
  let peerId: string
  before(async () => {
    peerId = await peerIdOf(new Uint8Array(32).fill(1))
  })

  it('stays as it is if all of it can be read', () => {
    const multiaddrs = [ADDRESS, `/dns4/node.example/tcp/4001/p2p/${peerId}`]
    expect(readableAddress({ peerId, multiaddrs })).to.deep.equal({ peerId, multiaddrs })
  })

  it('is none if its peer id cannot be parsed or carries no Ed25519 key', () => {
    for (const broken of ['', 'x', 'nonsense', '12D3KooW', `${peerId}x`, RSA_PEER, 'bafz', '\u{1f980}']) {
      expect(readableAddress({ peerId: broken, multiaddrs: [ADDRESS] }), broken).to.equal(undefined)
    }
  })

  it('loses the multiaddrs that cannot be parsed', () => {
    const broken = ['', '/X', 'nonsense', '/ip4/999.1.1.1/tcp/1', '/ip4/203.0.113.7/tcp/99999', '/ip4']
    expect(readableAddress({ peerId, multiaddrs: [...broken, ADDRESS] })?.multiaddrs).to.deep.equal([ADDRESS])
    expect(readableAddress({ peerId, multiaddrs: broken })?.multiaddrs).to.deep.equal([])
  })
})
