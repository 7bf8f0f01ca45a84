import { expect } from 'chai'
import { ZERO_HASH } from '../../../proto/hex.js'
import { linkOf } from '../link.js'

describe('the link of an observed address', () => {
  const same = (a: string, b: string) => expect(linkOf(a)).to.equal(linkOf(b))
  const differ = (a: string, b: string) => expect(linkOf(a)).not.to.equal(linkOf(b))

  it('is the whole IPv4 address', () => {
    same('203.0.113.7', '203.0.113.7')
    differ('203.0.113.7', '203.0.113.8')
  })

  it('is the first 64 bits of an IPv6 address, however it is written', () => {
    same('2001:db8:1:2::1', '2001:0DB8:0001:0002:ffff::2')
    differ('2001:db8:1:2::1', '2001:db8:1:3::1')
    same('fe80::1%eth0', 'fe80::2%eth1')
  })

  it('is one for an IPv4 address in either notation', () => {
    same('::ffff:203.0.113.7', '203.0.113.7')
    same('::ffff:cb00:7107', '203.0.113.7')
    differ('::ffff:203.0.113.7', '203.0.113.8')
  })

  it('is none for loopback, and where no datagram came', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', undefined]) {
      expect(linkOf(host)).to.equal(ZERO_HASH)
    }
  })
})
