import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { type Composed, composeFile } from '../compose-file.js'
import { parseHosts } from '../hosts.js'
import { composeFaults } from './lint-compose.js'

const CHAIN = { chainId: 31_337, blockTime: 1 }
const NAMES = ['verifier-1', 'verifier-2', 'verifier-3', 'provider-1']

const composedOn = (hosts: readonly string[], chain: Composed['chain'] = CHAIN): Composed => ({
  ...{ hosts, chain, user: '1000:1000' },
  nodes: NAMES.map((name, i) => ({
    ...{ name, role: i < 3 ? 'verifier' : 'provider', host: hosts[i % hosts.length]! },
    limitKbps: i < 3 ? undefined : 15_000,
  })),
})

interface Service {
  readonly image: string
  readonly profiles?: readonly string[]
  readonly command: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly volumes: readonly string[]
  readonly [key: string]: unknown
}

const servicesOf = (composed: Composed): Record<string, Service> =>
  parse(composeFile(composed), { merge: true }).services
const argumentOf = (argv: readonly string[], flag: string) => argv[argv.indexOf(flag) + 1]

describe('a network as a compose file', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-compose-'))
  })
  after(() => rm(directory, { recursive: true }))

  for (const [what, composed] of [
    ['one machine', composedOn(['127.0.0.1'])],
    ['three machines', composedOn(['10.0.0.1', 'fd00::2', 'three.example.org'])],
    ['a chain that is there', composedOn(['10.0.0.1', '10.0.0.2'], { rpcUrl: 'https://chain.example.org/key' })],
  ] as const) {
    it(`is one by the Compose Specification's schema, for ${what}`, async () => {
      const path = join(directory, 'compose.yaml')
      await writeFile(path, composeFile(composed))
      expect(composeFaults(path)).to.deep.equal([])
    })
  }

  it('would be found out if it were none', async () => {
    const path = join(directory, 'wrong.yaml')
    await writeFile(path, composeFile(composedOn(['127.0.0.1'])).replace('network_mode', 'netwerk_mode'))
    expect(composeFaults(path).join()).to.include('must NOT have additional properties')
  })

  it('says the same by YAML 1.1, where a bare no is false, and 501:20 a number', () => {
    const text = composeFile({ ...composedOn(['10.0.0.1', '10.0.0.2']), user: '501:20' })
    const [newer, older] = (['1.2', '1.1'] as const).map(version => parse(text, { version, merge: true }))
    expect(older).to.deep.equal(newer)
    expect([newer.services.start.restart, newer.services.chain.user]).to.deep.equal(['no', '501:20'])
  })

  it('runs every service without privileges, and on the network of its host', () => {
    const services = servicesOf(composedOn(['127.0.0.1']))
    expect(Object.keys(services)).to.deep.equal(['chain', ...NAMES, 'start'])
    for (const service of Object.values(services)) {
      expect(service).to.include({ network_mode: 'host', read_only: true, user: '1000:1000' })
      expect(service.cap_drop).to.deep.equal(['ALL'])
    }
    expect(services['verifier-2']!.volumes).to.deep.equal([
      './nodes/verifier-2:/data',
      './network.json:/config/network.json:ro',
    ])
    expect(argumentOf(services['provider-1']!.command, '--limit')).to.equal('15000kbps')
    expect([services.start!.profiles, services.start!.restart]).to.deep.equal([['start'], 'no'])
  })

  it('on one machine nobody else reaches it, and no two nodes have a port', () => {
    const services = servicesOf(composedOn(['127.0.0.1']))
    expect(JSON.stringify(services)).not.to.match(/0\.0\.0\.0|"::"/)
    expect(Object.values(services).flatMap(({ profiles = [] }) => profiles)).to.deep.equal(['start'])
    const ports = NAMES.flatMap(name => {
      const { command } = services[name]!
      return [argumentOf(command, '--udp-port'), argumentOf(command, '--api')!.split(':').at(-1)]
    })
    expect(new Set([...ports, '8545']).size).to.equal(2 * NAMES.length + 1)
  })

  it('on several each node runs on one, listens to all and announces what the others reach', () => {
    const services = servicesOf(composedOn(['10.0.0.1', 'fd00::2', 'three.example.org']))
    expect(NAMES.map(name => services[name]!.profiles)).to.deep.equal([
      ['machine-1'],
      ['machine-2'],
      ['machine-3'],
      ['machine-1'],
    ])
    expect(services.chain!.profiles).to.deep.equal(['machine-1'])
    const announced = NAMES.map(name => {
      const { command } = services[name]!
      return ['--listen', '--announce', '--udp-host', '--udp-announce', '--rpc'].map(flag => argumentOf(command, flag))
    })
    const rpc = 'http://10.0.0.1:8545'
    expect(announced.slice(0, 3)).to.deep.equal([
      ['/ip4/0.0.0.0/tcp/4100', '/ip4/10.0.0.1/tcp/4100', '0.0.0.0', '10.0.0.1', rpc],
      ['/ip6/::/tcp/4101', '/ip6/fd00::2/tcp/4101', '::', 'fd00::2', rpc],
      ['/ip4/0.0.0.0/tcp/4102', '/dns/three.example.org/tcp/4102', '0.0.0.0', 'three.example.org', rpc],
    ])
  })

  it('has no chain where one is given', () => {
    const services = servicesOf(composedOn(['127.0.0.1'], { rpcUrl: 'https://chain.example.org/key' }))
    expect(Object.keys(services)).to.deep.equal([...NAMES, 'start'])
    for (const { command } of Object.values(services))
      expect(argumentOf(command, '--rpc')).to.equal('https://chain.example.org/key')
  })
})

describe('the machines of a network', () => {
  it('are addresses and names, each once', () => {
    expect(parseHosts('10.0.0.1, Two.example.org,fd00::3', 3)).to.deep.equal(['10.0.0.1', 'two.example.org', 'fd00::3'])
    expect(parseHosts('127.0.0.1', 9)).to.deep.equal(['127.0.0.1'])
  })

  it('are refused in one sentence', () => {
    for (const [text, why] of [
      ['', '"" is no address and no name of a machine.'],
      ['a,,b', '"" is no address and no name of a machine.'],
      ['$(rm)', '"$(rm)" is no address and no name of a machine.'],
      ['10.0.0.1:4100', '"10.0.0.1:4100" is no address and no name of a machine.'],
      ['a.example,A.example', 'a.example is there twice.'],
      ['0.0.0.0', '0.0.0.0 is no address of one machine.'],
      ['10.0.0.1,127.0.0.1', 'other machines do not reach 127.0.0.1. Name what they reach.'],
      ['localhost', 'name 127.0.0.1.'],
      ['a,b,c', 'there are 3 machines for 2 nodes.'],
    ] as const)
      expect(() => parseHosts(text, 2), text).to.throw(`--hosts ${text}: ${why}`)
  })
})
