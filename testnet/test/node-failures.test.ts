/** What goes wrong for an operator who runs a node: one line, and the documented exit code. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { DEVNET } from '../../proto/params.js'
import { RpcProxy } from '../../verifier/chain/test/rpc-proxy.js'
import { initNode } from '../../verifier/cli/init.js'
import { keysFromSeed } from '../../verifier/config/keys.js'
import { encryptKeys } from '../../verifier/keystore/encrypt.js'
import { Store } from '../../verifier/store/store.js'
import { type Anvil, startAnvil } from '../network/anvil.js'
import { setUpNetwork } from '../network/setup.js'
import { bandwitness, complaint, TIMEOUT_MS } from './support/command-line.js'

const CHAIN_ID = 31_337

describe('a node that is run', function () {
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

  it('ends with 2 on a rate or an address without its parts', async () => {
    const rate = await bandwitness(runArgs('provider', { limit: '10' }))
    expect(rate.code).to.equal(2)
    expect(complaint(rate)).to.include('10mbps')
    const address = await bandwitness(runArgs('provider', { api: '7380' }))
    expect(address.code).to.equal(2)
    expect(complaint(address)).to.include('127.0.0.1:7380')
  })

  it('ends with 3 on an address at which nobody could reach it, and with 2 on a port that does not exist', async () => {
    const nowhere = await bandwitness(runArgs('verifier', { announce: '/ip4/0.0.0.0/tcp/4001' }))
    expect(nowhere.code, nowhere.stderr).to.equal(3)
    expect(complaint(nowhere)).to.include('--announce /ip4/0.0.0.0/tcp/4001: 0.0.0.0 is no address of one machine')
    const port = await bandwitness(runArgs('provider', { 'udp-port': '70000' }))
    expect(port.code, port.stderr).to.equal(2)
    expect(complaint(port)).to.include('--udp-port must be a port')
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

  it('opens encrypted keys with their password, and ends with 2 or 3 without it', async () => {
    const dataDir = join(directory, 'encrypted')
    await initNode('provider', dataDir, await encryptKeys(keysFromSeed('cli', 'provider-1'), 'correct horse', 4))
    const passwordFile = join(directory, 'password')
    writeFileSync(passwordFile, 'correct horse\n')
    const ended = await bandwitness(runArgs('provider', { 'data-dir': dataDir, 'password-file': passwordFile }))
    expect(ended.code, ended.stderr).to.equal(0)
    expect(ended.stdout).to.include('"ready"')
    expect(ended.stderr).to.not.include('not encrypted')
    writeFileSync(passwordFile, 'correct house\n')
    const wrong = await bandwitness(runArgs('provider', { 'data-dir': dataDir, 'password-file': passwordFile }))
    expect(wrong.code, wrong.stderr).to.equal(3)
    expect(complaint(wrong)).to.include('The password does not open').and.include(dataDir)
    const none = await bandwitness(runArgs('provider', { 'data-dir': dataDir }))
    expect(none.code, none.stderr).to.equal(2)
    expect(complaint(none)).to.include('--password-file')
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
    const at = ['--network', networkFile, '--rpc', 'http://127.0.0.1:1', '--data-dir', join(directory, 'provider-1')]
    const ended = await bandwitness(['rewards', 'claim', ...at])
    expect(ended.code, ended.stderr).to.equal(4)
    expect(complaint(ended)).to.include('http://127.0.0.1:1')
  })

  it('waits for a chain node that is busy at its start, and names the cause, but not the key in the URL', async () => {
    const key = '0123456789abcdef0123456789abcdef'
    const proxy = await RpcProxy.start(anvil.rpcUrl)
    for (const role of ['provider', 'verifier'] as const) {
      let busy = 3
      proxy.fail = () => (busy-- > 0 ? { status: 503 } : undefined)
      const ended = await bandwitness(runArgs(role, { rpc: `${proxy.url}/v3/${key}`, 'log-level': 'trace' }))
      expect(ended.code, ended.stderr).to.equal(0)
      expect(ended.stdout).to.include('"ready"')
      expect(ended.stderr).to.include('503').and.not.include(key)
    }
    await proxy.stop()
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
    expect(ended.stderr.split('keys encrypt')).to.have.length(2) // one warning: its keys are plain
  })
})
