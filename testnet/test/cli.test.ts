/** What goes wrong for an operator, with the real command as a process of its own: one line, and the documented exit code. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { DEVNET } from '../../proto/params.js'
import { initNode } from '../../verifier/cli/init.js'
import { keysFromSeed } from '../../verifier/config/keys.js'
import { Store } from '../../verifier/store/store.js'
import { type Anvil, startAnvil } from '../network/anvil.js'
import { setUpNetwork } from '../network/setup.js'
import { entryPoint } from '../process/entry-point.js'

const CHAIN_ID = 31_337
const TIMEOUT_MS = 60_000

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BUILT = join(ROOT, 'dist', 'verifier', 'cli', 'bandwitness.js')

/** The built command, which starts three times faster, unless a source has changed since it was built. */
function commandLine(): string[] {
  const sources = ['proto', 'probe', 'verifier', 'testnet'].flatMap(folder =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts') && !file.includes('test/'))
      .map(file => statSync(join(ROOT, folder, file)).mtimeMs),
  )
  const built = statSync(BUILT, { throwIfNoEntry: false })
  const isCurrent = built !== undefined && built.mtimeMs > Math.max(...sources)
  return isCurrent ? [process.execPath, BUILT] : entryPoint(import.meta.url, '../../verifier/cli/bandwitness.js')
}

const COMMAND = commandLine()

/** The command in an environment of its own. A node that comes up, which none of these should, is stopped. */
async function bandwitness(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const [command, ...entry] = COMMAND
  const child = spawn(command!, [...entry, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => {
    stdout += chunk
    if (stdout.includes('"ready"')) child.kill()
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** The one line for a person; what else stands on standard error is the log. */
const complaint = ({ stderr }: Ended): string => {
  const lines = stderr.split('\n').filter(line => line.startsWith('bandwitness: '))
  expect(lines, stderr).to.have.length(1)
  return lines[0]!
}

describe('the command line', function () {
  this.timeout(TIMEOUT_MS)
  let directory: string
  let anvil: Anvil
  let networkFile: string

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-test-'))
    networkFile = join(directory, 'network.json')
    anvil = await startAnvil({ chainId: CHAIN_ID, blockTime: 1, seed: 'cli' })
    const node = (name: string) => ({ name, keys: keysFromSeed('cli', name) })
    const verifiers = [1, 2, 3, 4].map(i => ({ ...node(`verifier-${i}`), capacityKbps: 1_000_000 }))
    const providers = [{ ...node('provider-1'), claimKbps: 25_000 }]
    await setUpNetwork({
      anvil,
      chainId: CHAIN_ID,
      params: DEVNET,
      verifiers,
      lateVerifiers: [],
      providers,
      networkFile,
    })
    await initNode('verifier', join(directory, 'verifier-1'), verifiers[0]!.keys)
    await initNode('provider', join(directory, 'provider-1'), providers[0]!.keys)
  })
  after(async () => {
    await anvil.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const runArgs = (role: 'verifier' | 'provider', changes: Record<string, string> = {}): string[] => {
    const flags = {
      ...{ 'data-dir': join(directory, `${role}-1`), network: networkFile, rpc: anvil.rpcUrl, api: '127.0.0.1:0' },
      ...changes,
    }
    return [role, 'run', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])]
  }

  const wrongUsage: Record<string, [args: string[], says: string]> = {
    'no command': [[], 'Missing command. Run `bandwitness --help`.'],
    'an unknown command': [['fly'], 'Unknown'],
    'a command without its part': [['verifier'], 'init, run or record'],
    'an unknown flag': [['testnet', '--fast'], 'Unknown argument: fast'],
    'a missing flag': [['provider', 'run', '--network', 'x'], 'data-dir'],
    'a mix that makes no sense': [['testnet', '--providers', 'fast=1'], 'no profile "fast"'],
    'too few verifiers': [['testnet', '--verifiers', '3'], 'too few'],
    'no honest verifier': [['testnet', '--verifiers', 'silent=4'], 'at least one honest'],
    'no epochs': [['testnet', '--epochs', '0'], '--epochs must be a whole number'],
    'a claim of nothing': [['testnet', '--claim', '0'], '--claim must be'],
    'a capacity of nothing': [['testnet', '--capacity', '0'], '--capacity must be'],
    'an epoch that is none': [['explain', '0xab', '--epoch', 'x'], '--epoch x'],
  }
  for (const [what, [args, says]] of Object.entries(wrongUsage)) {
    it(`ends with 2 on ${what}`, async () => {
      const ended = await bandwitness(args)
      expect(ended.code).to.equal(2)
      expect(complaint(ended)).to.include(says)
    })
  }

  it('ends with 2 on a rate or an address without its parts', async () => {
    const rate = await bandwitness(runArgs('provider', { limit: '10' }))
    expect(rate.code).to.equal(2)
    expect(complaint(rate)).to.include('10mbps')
    const address = await bandwitness(runArgs('provider', { api: '7380' }))
    expect(address.code).to.equal(2)
    expect(complaint(address)).to.include('127.0.0.1:7380')
  })

  it('ends with 3 on a key file that is missing, and on one that is damaged', async () => {
    const missing = await bandwitness(runArgs('provider', { 'data-dir': join(directory, 'nobody') }))
    expect(missing.code).to.equal(3)
    expect(complaint(missing)).to.include('keys.json')
    const damaged = join(directory, 'damaged')
    await initNode('provider', damaged, keysFromSeed('cli', 'damaged'))
    writeFileSync(join(damaged, 'keys.json'), '{"evm": 7}')
    const ended = await bandwitness(runArgs('provider', { 'data-dir': damaged }))
    expect(ended.code).to.equal(3)
    expect(complaint(ended)).to.include('keys.json')
  })

  it('ends with 3 on a network file of another chain', async () => {
    const other = join(directory, 'other.json')
    writeFileSync(other, readFileSync(networkFile, 'utf8').replace(`${CHAIN_ID}`, '1'))
    const ended = await bandwitness(runArgs('provider', { network: other }))
    expect(ended.code).to.equal(3)
    expect(complaint(ended)).to.include(`id ${CHAIN_ID}`)
  })

  it('ends with 3 for an account that is not registered', async () => {
    const stranger = join(directory, 'stranger')
    await initNode('provider', stranger, keysFromSeed('cli', 'stranger'))
    const ended = await bandwitness(runArgs('provider', { 'data-dir': stranger }))
    expect(ended.code).to.equal(3)
    expect(complaint(ended)).to.include('register')
  })

  it('ends with 4 when there is no chain', async () => {
    const ended = await bandwitness(runArgs('provider', { rpc: 'http://127.0.0.1:1' }))
    expect(ended.code).to.equal(4)
    expect(complaint(ended)).to.include('http://127.0.0.1:1')
  })

  it('ends with 5 when the port of the API is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const ended = await bandwitness(runArgs('provider', { api: `127.0.0.1:${port}` }))
    server.close()
    expect(ended.code).to.equal(5)
    expect(complaint(ended)).to.include(`${port}`)
  })

  it('ends with 5 when the port for other nodes is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    for (const role of ['provider', 'verifier'] as const) {
      const ended = await bandwitness(runArgs(role, { listen: `/ip4/127.0.0.1/tcp/${port}` }))
      expect(ended.code, ended.stderr).to.equal(5)
      expect(complaint(ended)).to.include(`${port}`).and.include('--listen')
    }
    server.close()
  })

  it('ends with 5 when the UDP port is in use', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const { port } = socket.address()
    for (const role of ['provider', 'verifier'] as const) {
      const ended = await bandwitness(runArgs(role, { 'udp-port': `${port}` }))
      expect(ended.code, ended.stderr).to.equal(5)
      expect(complaint(ended)).to.include(`${port}`).and.include('--udp-port')
    }
    socket.close()
  })

  it('ends with 6 when a verifier has keys and no database', async () => {
    const forgetful = join(directory, 'forgetful')
    await initNode('provider', forgetful, keysFromSeed('cli', 'verifier-1'))
    const ended = await bandwitness(runArgs('verifier', { 'data-dir': forgetful }))
    expect(ended.code).to.equal(6)
    expect(complaint(ended)).to.include('forgetful')
  })

  it('ends with 6 on a damaged database, and keeps its files', async () => {
    const damaged = join(directory, 'damaged-database')
    await initNode('verifier', damaged, keysFromSeed('cli', 'verifier-1'))
    writeFileSync(join(damaged, 'db', 'CURRENT'), 'garbage')
    const files = readdirSync(join(damaged, 'db'))
    const ended = await bandwitness(runArgs('verifier', { 'data-dir': damaged }))
    expect(ended.code, ended.stderr).to.equal(6)
    expect(complaint(ended)).to.include(join(damaged, 'db')).and.include('Restore')
    expect(readdirSync(join(damaged, 'db'))).to.include.members(files)
    expect(readFileSync(join(damaged, 'db', 'CURRENT'), 'utf8')).to.equal('garbage')
  })

  it('ends with 6 on a database that another process uses', async () => {
    const store = await Store.open(join(directory, 'verifier-1'), { mode: 'existing' })
    const ended = await bandwitness(runArgs('verifier'))
    await store.close()
    expect(ended.code, ended.stderr).to.equal(6)
    expect(complaint(ended)).to.include('in use')
  })

  it('runs a node until it is told to stop', async () => {
    const ended = await bandwitness(runArgs('provider'))
    expect(ended.code, ended.stderr).to.equal(0)
    expect(JSON.parse(ended.stdout)).to.include({ event: 'ready', role: 'provider', index: 1 })
  })

  it('makes keys once, and never over those that are there', async () => {
    const dataDir = join(directory, 'fresh')
    const first = await bandwitness(['verifier', 'init', '--data-dir', dataDir, '--json'])
    expect(first.code, first.stderr).to.equal(0)
    expect(JSON.parse(first.stdout))
      .to.have.property('account')
      .that.matches(/^0x[0-9a-f]{40}$/)
    const keys = readFileSync(join(dataDir, 'keys.json'), 'utf8')
    const second = await bandwitness(['verifier', 'init', '--data-dir', dataDir])
    expect(second.code).to.equal(3)
    expect(readFileSync(join(dataDir, 'keys.json'), 'utf8')).to.equal(keys)
  })

  it('takes a setting from the flag, else the environment, else the file', async () => {
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
      expect(ended.code).to.equal(0)
      expect(ended.stdout).to.include('Options:')
    }
  })
})
