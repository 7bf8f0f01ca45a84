import { networkInterfaces } from 'node:os'
import { expect } from 'chai'
import { parseAllowed } from '../allowed.js'
import { Reaching } from '../reaching.js'

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'public.example': ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'],
  'rebound.example': ['93.184.215.14', '127.0.0.1', '10.0.0.7', '::1', '::ffff:192.168.1.1'],
  'inside.example': ['10.1.2.3'],
}
const resolve = async (host: string) => {
  const found = NAMES[host]
  if (found === undefined) throw new Error('no such name')
  return found
}
const OWN = '198.41.0.4'
const OWN_6 = '2a01:4f8::1'

describe('what an exit reaches', () => {
  const exit = (...allowed: string[]) =>
    new Reaching(allowed.map(parseAllowed), resolve, () => [`${OWN}/24`, `${OWN_6}/64`])
  const reached = (host: string, port = 443, at = exit()) =>
    at.addressesOf({ host, port }, new AbortController().signal)

  it('are public addresses, by name or as literals', async () => {
    expect(await reached('public.example')).to.deep.equal(NAMES['public.example'])
    expect(await reached('93.184.215.14', 80)).to.deep.equal(['93.184.215.14'])
  })

  it('attack: a name that stands for addresses inside is connected to only where it is public', async () => {
    expect(await reached('rebound.example')).to.deep.equal(['93.184.215.14'])
    expect(await reached('inside.example')).to.deep.equal([])
  })

  it('attack: private, loopback and metadata addresses, in whatever clothes', async () => {
    const inside = [
      '127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '192.168.0.1',
      '100.64.0.1',
      '::1',
      'fe80::1',
      'fd00::1',
    ]
    const clothed = ['::ffff:127.0.0.1', '::ffff:7f00:1', '0.0.0.0', '::', '64:ff9b::7f00:1', '2002:7f00:1::']
    for (const host of [...inside, ...clothed]) expect(await reached(host), host).to.deep.equal([])
  })

  it("attack: the machine's own public address, behind whose firewall its services are", async () => {
    expect(await reached(OWN)).to.deep.equal([])
    expect(await reached(OWN, 443, exit(`${OWN}/32:443`)), 'unless its operator allows it').to.deep.equal([OWN])
  })

  it("attack: the machine's own address in another spelling", async () => {
    const spellings = [
      ...['::ffff:c629:4', '0:0:0:0:0:ffff:198.41.0.4', '::FFFF:198.41.0.4'],
      ...['2a01:4f8:0:0:0:0:0:1', '2A01:04f8::1', '2a01:4f8::1%eth0', '2a01:4f8::0.0.0.1'],
    ]
    for (const host of spellings) expect(await reached(host), host).to.deep.equal([])
    const allowing = exit(`[${OWN_6}]/128:443`)
    expect(await reached('2A01:04F8:0::1', 443, allowing), 'unless its operator allows it').to.deep.equal([OWN_6])
  })

  it('attack: hosts beside it, which no router guards from it, although their addresses are public', async () => {
    for (const host of ['198.41.0.77', '::ffff:198.41.0.77', '2a01:4f8::77', '2a01:4f8::a:b:c:d'])
      expect(await reached(host), host).to.deep.equal([])
    for (const host of ['198.41.1.77', '2a01:4f8:0:1::77']) expect(await reached(host)).to.deep.equal([host])
    const allowing = exit('198.41.0.64/26:443')
    expect(await reached('198.41.0.77', 443, allowing), 'unless its operator allows it').to.have.length(1)
  })

  it('asks the system for its own addresses', async () => {
    const addresses = Object.values(networkInterfaces()).flatMap(all => (all ?? []).map(({ address }) => address))
    for (const host of addresses) expect(await reached(host, 443, new Reaching([])), host).to.deep.equal([])
  })

  it('never is mail', async () => {
    expect(await reached('public.example', 25)).to.deep.equal([])
  })

  it('also is what its operator allows, at that port', async () => {
    const allowing = exit('10.0.0.0/8:8080', '[fd00::]/8:443')
    expect(await reached('10.9.9.9', 8080, allowing)).to.deep.equal(['10.9.9.9'])
    expect(await reached('10.9.9.9', 8081, allowing)).to.deep.equal([])
    expect(await reached('fd00::7', 443, allowing)).to.deep.equal(['fd00::7'])
  })

  it('cannot be given as anything else than CIDR:PORT', () => {
    for (const text of ['10.0.0.0', '10.0.0.0/8', '10.0.0.0/33:80', 'name/8:80', '10.0.0.0/8:0', '10.0.0.0/8:70000'])
      expect(() => parseAllowed(text), text).to.throw('is not CIDR:PORT')
  })
})
