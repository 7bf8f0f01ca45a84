import { expect } from 'chai'
import { isOverIpv6 } from '../address-family.js'

describe('the address family of a session', () => {
  it('is that of the address literal, and IPv4 for an IPv4 address in IPv6 form', () => {
    for (const host of ['::1', '2001:db8::7', 'fe80::1%eth0', '::ffff:0:1'])
      expect(isOverIpv6(host), host).to.equal(true)
    for (const host of ['127.0.0.1', '::ffff:192.0.2.1', '::FFFF:192.0.2.1', 'relay.example'])
      expect(isOverIpv6(host), host).to.equal(false)
  })
})
