import { expect } from 'chai'
import { UserError } from '../../config/errors.js'
import { type Addresses, checkAddresses } from '../reachable-addresses.js'

const RECORDS: Readonly<Record<string, readonly string[]>> = {
  'both.example': ['192.0.0.9', '8.8.4.4', '2600::7'],
  'four.example': ['8.8.4.4'],
  'six.example': ['2600::7'],
  'nobody.example': ['0.0.0.0'],
}
/** DNS as it answers; `down.example` is asked of a server that is down. */
const dns = (is: (host: string) => boolean) => async (name: string) => {
  const fail = (code: string) => Object.assign(new Error(code), { code })
  if (name === 'down.example') throw fail('ETIMEOUT')
  if (!(name in RECORDS)) throw fail('ENOTFOUND')
  const found = RECORDS[name]!.filter(is)
  if (found.length === 0) throw fail('ENODATA')
  return found
}
const DNS = { resolve4: dns(host => !host.includes(':')), resolve6: dns(host => host.includes(':')) } as never

const PUBLIC: Addresses = {
  listen: ['/ip4/0.0.0.0/tcp/4001'],
  announce: ['/ip4/8.8.4.4/tcp/4001'],
  udpHost: '0.0.0.0',
  udpAnnounce: { host: '8.8.4.4' },
}
const faultOf = (changes: Partial<Addresses>): Promise<string | undefined> =>
  checkAddresses({ ...PUBLIC, ...changes }, DNS).then(
    () => undefined,
    error => {
      expect(error).to.be.instanceOf(UserError).with.property('code', 'configuration')
      return error.message
    },
  )

describe('addresses at which nobody could reach a node', () => {
  const refused: [what: string, changes: Partial<Addresses>, says: RegExp][] = [
    ['a name that DNS does not know', { announce: ['/dns/typo.example/tcp/1'] }, /DNS knows no address for typo/],
    ['a name without the family', { announce: ['/dns6/four.example/tcp/1'] }, /no address of IPv6 for four/],
    [
      'a name that stands for no machine',
      { announce: ['/dns/nobody.example/tcp/1'] },
      /0\.0\.0\.0 is no address of one/,
    ],
    ['all addresses', { announce: ['/ip4/0.0.0.0/tcp/4001'] }, /--announce .*0\.0\.0\.0 is no address of one machine/],
    ['a group of hosts', { announce: ['/ip6/ff02::1/tcp/4001'] }, /ff02::1 is no address of one machine/],
    ['the example of a manual', { announce: ['/ip4/203.0.113.7/tcp/4001'] }, /203\.0\.113\.7 is no address of one/],
    ['one bad address of several', { announce: [...PUBLIC.announce!, '/dns4/six.example/tcp/1'] }, /six\.example/],
    ['a UDP name that DNS does not know', { udpAnnounce: { host: 'typo.example' } }, /--udp-announce typo\.example/],
    ['the UDP broadcast address', { udpAnnounce: { host: '255.255.255.255' } }, /is no address of one machine/],
    [
      'a UDP address of the other family',
      { udpAnnounce: { host: '2600::7' } },
      /is of IPv6, and --udp-host 0\.0\.0\.0 takes IPv4/,
    ],
    [
      'a UDP name of the other family',
      { udpAnnounce: { host: 'four.example' }, udpHost: '2600::1' },
      /is of IPv4.*Bind to ::/,
    ],
    [
      'UDP on loopback beside a public name',
      { udpHost: '127.0.0.1', udpAnnounce: undefined },
      /of this machine alone.*--udp-host/,
    ],
    [
      'UDP on loopback beside TCP on all addresses',
      { udpHost: '127.0.0.1', udpAnnounce: undefined, announce: [] },
      /0\.0\.0\.0\/tcp\/4001 is for others/,
    ],
  ]
  for (const [what, changes, says] of refused) {
    it(`are refused with the reason: ${what}`, async () => expect(await faultOf(changes)).to.match(says))
  }

  const accepted: [what: string, changes: Partial<Addresses>][] = [
    ['a public address', {}],
    [
      'all of one machine',
      { listen: ['/ip4/127.0.0.1/tcp/0'], announce: [], udpHost: '127.0.0.1', udpAnnounce: undefined },
    ],
    [
      'localhost by name',
      { announce: ['/dns/localhost/tcp/1'], udpHost: '127.0.0.1', udpAnnounce: { host: 'localhost' } },
    ],
    [
      'a household behind a NAT',
      { listen: ['/ip4/192.168.1.10/tcp/1'], udpHost: '192.168.1.10', udpAnnounce: { host: '8.8.4.4' } },
    ],
    ['a port on this machine that a proxy serves', { listen: ['/ip4/127.0.0.1/tcp/1'], udpHost: '127.0.0.1' }],
    ['a network of its own', { announce: ['/ip4/10.0.0.7/tcp/1'], udpAnnounce: { host: '10.0.0.7' } }],
    [
      'a name of both families',
      { announce: ['/dns/both.example/tcp/1'], udpHost: '::', udpAnnounce: { host: 'both.example' } },
    ],
    ['a name of both, of which one is bound', { udpAnnounce: { host: 'both.example' } }],
    ['a provider on all addresses', { udpAnnounce: undefined }],
    // An honest node restarts while its DNS server is down.
    ['a name while DNS is down', { announce: ['/dns/down.example/tcp/1'], udpAnnounce: { host: 'down.example' } }],
  ]
  for (const [what, changes] of accepted) {
    it(`are not taken for such: ${what}`, async () => expect(await faultOf(changes)).to.equal(undefined))
  }
})
