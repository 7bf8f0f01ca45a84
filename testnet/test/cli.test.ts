/** The command line itself, with the real command as a process of its own: one line on a mistake, and the documented exit code. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ConfigJson } from '../../verifier/evidence/schema/data-directory.js'
import { bandwitness, complaint, TIMEOUT_MS } from './support/command-line.js'

describe('the command line', function () {
  this.timeout(TIMEOUT_MS)
  let directory: string

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-test-'))
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  const wrongUsage: Record<string, [args: string[], says: string]> = {
    'no command': [[], 'Missing command. Run `bandwitness --help`.'],
    'an unknown command': [['fly'], 'Unknown'],
    'a command without its part': [['verifier'], 'exit, withdraw or record'],
    'an unknown flag': [['testnet', '--fast'], 'Unknown argument: fast'],
    'a missing flag': [['provider', 'run', '--network', 'x'], 'data-dir'],
    'a mix that makes no sense': [['testnet', '--providers', 'fast=1'], 'no profile "fast"'],
    'too few verifiers': [['testnet', '--verifiers', '3'], 'too few'],
    'no honest verifier': [['testnet', '--verifiers', 'silent=4'], 'at least one honest'],
    'no epochs': [['testnet', '--epochs', '0'], '--epochs must be a whole number'],
    'a claim of nothing': [['testnet', '--claim', '0'], '--claim must be'],
    'a claim too small to measure': [['testnet', '--claim', '1'], '--claim must be a rate in Mbit/s from 8'],
    'no account to pay': [
      [
        'verifier',
        'register',
        ...['--data-dir', 'x', '--network', 'x', '--capacity', '1mbps', '--withdrawal-address', '0x12'],
      ],
      '--withdrawal-address 0x12 is no account',
    ],
    'a capacity of nothing': [['testnet', '--capacity', '0'], '--capacity must be'],
    'an epoch that is not a number': [['explain', '0xab', '--epoch', 'x'], '--epoch x'],
  }
  for (const [what, [args, says]] of Object.entries(wrongUsage)) {
    it(`ends with 2 on ${what}`, async () => {
      const ended = await bandwitness(args)
      expect(ended.code, ended.stderr).to.equal(2)
      expect(complaint(ended)).to.include(says)
    })
  }

  it('lists the sources of all settings, and shows no key of a chain service', async () => {
    const file = join(directory, 'node.yaml')
    writeFileSync(file, 'udp-port: 4001\napi: 127.0.0.1:1\nlimit: 10mbps\n')
    const key = '0123456789abcdef0123456789abcdef'
    const args = ['config', 'show', 'provider', '--config', file, '--api=127.0.0.1:2', '--dataDir', 'D', '--json']
    const shown = await bandwitness(args, {
      BANDWITNESS_RPC: `https://chain.example.org/v3/${key}`,
      BANDWITNESS_UDP_PORT: '4002',
    })
    expect(shown.code, shown.stderr).to.equal(0)
    expect(shown.stdout).to.not.include(key)
    const { role, settings } = JSON.parse(shown.stdout) as ConfigJson
    expect(role).to.equal('provider')
    const of = (name: string) => settings.find(setting => setting.name === name)
    expect(of('api')).to.include({ value: '127.0.0.1:2', source: 'flag', place: '--api' })
    expect(of('data-dir')).to.include({ value: 'D', source: 'flag', place: '--data-dir' })
    expect(of('udp-port')).to.include({ value: 4002, source: 'environment', place: 'BANDWITNESS_UDP_PORT' })
    expect(of('rpc')).to.include({ value: 'https://chain.example.org/…', source: 'environment' })
    expect(of('limit')).to.include({ value: '10mbps', source: 'file', place: file })
    expect(of('log-level')).to.include({ value: 'info', source: 'default' })
    expect(of('network')).to.include({ value: null, source: 'unset' })
    const verifier = await bandwitness(['config', 'show', 'verifier', '--listen', '/ip4/0.0.0.0/tcp/1'])
    expect(verifier.code, verifier.stderr).to.equal(0)
    expect(verifier.stdout).to.match(/^SETTING {2,}VALUE {2,}FROM$/m)
    expect(verifier.stdout).to.match(/^listen +\/ip4\/0\.0\.0\.0\/tcp\/1 +flag --listen$/m)
  })

  it('takes a setting from the flag, then the environment, then the file', async () => {
    const file = join(directory, 'settings.yaml')
    writeFileSync(file, 'api: http://127.0.0.1:3\n')
    const asked = async (args: string[], environment: Record<string, string>) =>
      complaint(await bandwitness(['reputation', '--config', file, ...args], environment))
    const environment = { BANDWITNESS_API: 'http://127.0.0.1:2', BANDWITNESS_LIMIT: '10mbps' }
    expect(await asked(['--api', 'http://127.0.0.1:1'], environment)).to.include('http://127.0.0.1:1')
    expect(await asked([], environment)).to.include('http://127.0.0.1:2')
    expect(await asked([], {})).to.include('http://127.0.0.1:3')
  })

  it('describes itself with --help', async () => {
    for (const args of [['--help'], ['testnet', '--help'], ['explain', '--help'], ['provider', 'run', '--help']]) {
      const ended = await bandwitness(args)
      expect(ended.code, ended.stderr).to.equal(0)
      expect(ended.stdout).to.include('Options:')
    }
  })
})
