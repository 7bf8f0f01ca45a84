/** Attack: a stranger aims a provider's relay at hosts that only the provider reaches, at many hosts, or at itself. */
import { isIP } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import { mayReach, type Scope, scopeOf } from '../next-hop.js'

const ADDRESSES: Readonly<Record<string, readonly [Scope, ...string[]]>> = {
  unspecified: ['none', '0.0.0.0', '0.1.2.3', '::'],
  'limited broadcast': ['none', '255.255.255.255', '::ffff:255.255.255.255'],
  'IPv4 multicast': ['none', '224.0.0.1', '239.255.255.255'],
  'IPv6 multicast': ['none', 'ff02::1', 'ff0e::1'],
  reserved: ['none', '240.0.0.1', '192.0.0.8', '4000::1', '100::1'],
  documentation: ['none', '192.0.2.1', '198.51.100.1', '203.0.113.7', '2001:db8::5', '3fff::1'],
  'IPv4 inside IPv6': ['none', '2002:a00:1::', '2001:0:1::', '64:ff9b::a00:1', '::10.0.0.1'],
  loopback: ['loopback', '127.0.0.1', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
  'link-local': ['link-local', '169.254.169.254', 'fe80::1', 'febf::1', 'fe80::1%lo'],
  'private IPv4': ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '::ffff:192.168.1.1'],
  shared: ['private', '100.64.0.1', '100.127.255.255'],
  benchmarks: ['private', '198.18.0.1', '198.19.255.255'],
  'unique local': ['private', 'fc00::1', 'fdff::1'],
  'global IPv4': ['global', '1.1.1.1', '9.255.255.255', '100.128.0.1', '172.32.0.1', '192.169.0.1', '223.255.255.255'],
  'global IPv6': ['global', '2606:4700::1111', '2003::1', '::ffff:8.8.8.8'],
}

const PUBLIC = { host: '8.8.8.8', port: 4000 }
const ipv4 = fc.ipV4()
const anyHost = fc.oneof(ipv4, fc.ipV6())
const port = fc.integer({ min: 1, max: 0xffff })

describe('a relay’s next hop', () => {
  for (const [name, [scope, ...hosts]] of Object.entries(ADDRESSES)) {
    it(`${name}: scope ${scope}`, () => {
      for (const host of hosts) expect(scopeOf(host), host).to.equal(scope)
    })

    it(`${name}: ${scope === 'global' ? 'allowed' : 'refused'} on a public network`, () => {
      for (const host of hosts) {
        for (const own of ['8.8.8.8', '2606:4700::2', '0.0.0.0', '::']) {
          expect(mayReach({ host: own, port: 4000 }, { host, port: 4001 }), `${own} to ${host}`).to.equal(
            scope === 'global',
          )
        }
      }
    })
  }

  it('is of the relay’s own kind on a testnet or in a lab', () => {
    const reached = (own: string) =>
      ['127.0.0.2', '10.0.3.2', '169.254.1.1', '8.8.8.8', '255.255.255.255', '224.0.0.1', '0.0.0.0'].filter(host =>
        mayReach({ host: own, port: 4000 }, { host, port: 4001 }),
      )
    expect(reached('127.0.0.1')).to.deep.equal(['127.0.0.2'])
    expect(reached('10.0.2.2')).to.deep.equal(['10.0.3.2', '8.8.8.8'])
    expect(reached('169.254.7.7')).to.deep.equal(['169.254.1.1'])
  })

  it('is never the relay itself, however its address is written', () => {
    const own = { host: '::1', port: 4000 }
    expect(mayReach(own, { host: '0:0:0:0:0:0:0:1', port: 4000 })).to.equal(false)
    expect(mayReach(own, { host: '::1', port: 4001 }), 'another port').to.equal(true)
    expect(mayReach({ host: '127.0.0.1', port: 4000 }, { host: '::ffff:127.0.0.1', port: 4000 })).to.equal(false)
    fc.assert(fc.property(anyHost, port, (host, one) => !mayReach({ host, port: one }, { host, port: one })))
  })

  it('never has scope none, whatever the relay’s own address', () => {
    const hosts = Object.values(ADDRESSES).flatMap(([scope, ...some]) => (scope === 'none' ? some : []))
    const property = fc.property(anyHost, fc.constantFrom(...hosts), port, (own, host, one) => {
      return !mayReach({ host: own, port: 4000 }, { host, port: one })
    })
    fc.assert(property)
  })

  it('is judged alike in IPv4 and as IPv4-mapped IPv6', () => {
    fc.assert(fc.property(ipv4, host => scopeOf(host) === scopeOf(`::ffff:${host}`)))
  })

  it('is global for a public relay, whichever address is drawn', () => {
    fc.assert(
      fc.property(anyHost, port, (host, one) => {
        expect(isIP(host)).to.be.greaterThan(0)
        return mayReach(PUBLIC, { host, port: one }) === (scopeOf(host) === 'global' && host !== PUBLIC.host)
      }),
    )
  })
})
