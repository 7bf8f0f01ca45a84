import { expect } from 'chai'
import { UserError } from '../../config/errors.js'
import { addressOfThisMachine, announceable, bindable, parseUdpAddress, parseUdpHost } from '../addresses.js'
import { parsePort } from '../host-port.js'

const errorOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    expect(error).to.be.instanceOf(UserError)
    return (error as Error).message
  }
  throw new Error('nothing was wrong')
}

describe('addresses on the command line', () => {
  it('are bound to if they are of a machine', () => {
    const listen = ['/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/0', '/ip4/127.0.0.1/tcp/0']
    expect(bindable(listen)).to.deep.equal(listen)
    expect(addressOfThisMachine('::')).to.equal('::')
  })

  it('say to announce what cannot be bound', () => {
    expect(errorOf(() => bindable(['/dns4/relay.example.org/tcp/4001']))).to.match(/pass the name with --announce/)
    expect(errorOf(() => addressOfThisMachine('relay.example.org'))).to.match(/pass the name with --udp-announce/)
    for (const wrong of ['', 'x', '/ip4/1.2.3.4', '/ip4/1.2.3.4/udp/1', '1.2.3.4:4001', '/ip4/1.2.3.4/tcp/65536'])
      expect(
        errorOf(() => bindable([wrong])),
        wrong,
      ).to.match(/is no TCP multiaddress/)
  })

  it('are announced with or without a name, and with a port', () => {
    const announce = ['/ip4/203.0.113.7/tcp/4001', '/dns/relay.example.org/tcp/4001', '/dns6/relay.example.org/tcp/1']
    expect(announceable(announce)).to.deep.equal(announce)
    for (const wrong of ['/ip4/203.0.113.7/tcp/0', '/ip4/203.0.113.7/tcp/1/p2p/x', '203.0.113.7', '/dns/x/udp/1'])
      expect(
        errorOf(() => announceable([wrong])),
        wrong,
      ).to.match(/^--announce .* is no address/)
  })

  it('of UDP are a host, and a port if it is another', () => {
    expect(parseUdpHost('relay.example.org')).to.deep.equal({ host: 'relay.example.org', port: undefined })
    expect(parseUdpHost('203.0.113.7:5000')).to.deep.equal({ host: '203.0.113.7', port: 5000 })
    expect(parseUdpHost('2001:db8::7')).to.deep.equal({ host: '2001:db8::7', port: undefined })
    expect(parseUdpHost('[2001:db8::7]:5000')).to.deep.equal({ host: '2001:db8::7', port: 5000 })
    expect(parseUdpHost('[2001:db8::7]')).to.deep.equal({ host: '2001:db8::7', port: undefined })
    for (const wrong of ['', ':', ':5000', 'host:0', 'host:65536', 'host:x', '[::1', 'a b', '/dns/x', 'http://x', '-x'])
      expect(
        errorOf(() => parseUdpHost(wrong)),
        wrong,
      ).to.match(/^--udp-announce .* is no host/)
  })

  it('have ports that exist', () => {
    for (const port of [0, 4001, 65_535]) expect(parsePort('udp-port', port)).to.equal(port)
    for (const wrong of [-1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(
        errorOf(() => parsePort('udp-port', wrong)),
        `${wrong}`,
      ).to.match(/^--udp-port must be a port/)
  })

  it('of a next hop are no names and no wildcards', () => {
    expect(parseUdpAddress('203.0.113.7:4500')).to.deep.equal({ host: '203.0.113.7', port: 4500 })
    expect(parseUdpAddress('2001:db8::7')).to.deep.equal({ host: '2001:db8::7', port: undefined })
    for (const wrong of ['home.example.org', 'localhost:4500', '0.0.0.0:4500', '::'])
      expect(
        errorOf(() => parseUdpAddress(wrong)),
        wrong,
      ).to.match(/^--udp-announce .* is no IP address that providers can send to/)
  })
})
