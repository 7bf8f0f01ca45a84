import { expect } from 'chai'
import fc from 'fast-check'
import { hostKey, prefixKey } from '../host-key.js'

describe('a host, as limits count it', () => {
  it('is an IPv4 address, however it is written', () => {
    for (const host of ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:201']) {
      expect(hostKey(host), host).to.equal('192.0.2.1')
    }
    expect(hostKey('192.0.2.2')).to.not.equal(hostKey('192.0.2.1'))
  })

  it('is an IPv6 /64, however its addresses are written', () => {
    const same = ['2001:db8::1', '2001:DB8:0:0::ffff', '2001:db8:0:0:1:2:3:4', '2001:db8::', '2001:db8::7%eth0']
    for (const host of same) expect(hostKey(host), host).to.equal('2001:db8:0:0::/64')
    for (const host of ['2001:db8:0:1::1', '2001:db8:1::', '::1'])
      expect(hostKey(host), host).to.not.equal(hostKey(same[0]!))
  })

  it('is the same for two IPv6 addresses exactly if their first 64 bits are', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 })
    const text = (parts: readonly number[]) => parts.map(part => part.toString(16)).join(':')
    const property = fc.property(groups, groups, groups, groups, (network, other, one, two) => {
      const same = text(network) === text(other)
      return (hostKey(`${text(network)}:${text(one)}`) === hostKey(`${text(other)}:${text(two)}`)) === same
    })
    fc.assert(property)
  })

  it('is any other text itself', () => expect(hostKey('sender 1')).to.equal('sender 1'))
})

describe('a prefix, as credit counts it', () => {
  it('is an IPv4 /24 or an IPv6 /48, however its addresses are written', () => {
    for (const host of ['192.0.2.1', '192.0.2.255', '::ffff:192.0.2.7', '::ffff:c000:201'])
      expect(prefixKey(host), host).to.equal('192.0.2.0/24')
    for (const host of ['2001:db8:7::1', '2001:DB8:7:ffff::', '2001:db8:7:1:2:3:4:5'])
      expect(prefixKey(host), host).to.equal('2001:db8:7::/48')
    for (const other of ['192.0.3.1', '2001:db8:8::1', 'a name'])
      expect(['192.0.2.0/24', '2001:db8:7::/48']).to.not.include(prefixKey(other))
  })
})
