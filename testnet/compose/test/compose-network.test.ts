/** What `testnet compose` writes, run by this machine's own processes in the place of containers. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { openAnyChain } from '../../../verifier/chain/connect.js'
import { anvilBinary, startAnvil } from '../../network/anvil.js'
import { ChildProcess } from '../../process/child-process.js'
import { bandwitness, complaint, TIMEOUT_MS } from '../../test/support/command-line.js'

const NODES = ['--verifiers', '4', '--providers', 'slow@0.6=1', '--claim', '10', '--seed', 'compose test']

describe('a network in containers', function () {
  this.timeout(3 * TIMEOUT_MS)
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-compose-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('has a chain that goes on from its state, nodes that come up by their commands, and starts once', async function () {
    this.retries(1) // somebody else may take the port meanwhile
    const out = join(directory, 'out')
    const written = await bandwitness(['testnet', 'compose', '--out', out, ...NODES, '--json'])
    expect(written.code, written.stderr).to.equal(0)
    expect(JSON.parse(written.stdout).commands).to.deep.equal([
      `docker compose --file ${out}/compose.yaml up --detach`,
      `docker compose --file ${out}/compose.yaml run --rm start`,
    ])
    expect((await stat(join(out, 'treasury.key'))).mode & 0o077).to.equal(0)
    const { services } = parse(await readFile(join(out, 'compose.yaml'), 'utf8'), { merge: true })

    const port = await freePort()
    const here = (argv: readonly string[], name = '') =>
      argv.map(text =>
        text
          .replace(/^\/data$/, join(out, 'nodes', name))
          .replace(/^\/(config|chain)\//, (_, folder) => `${join(out, folder === 'chain' ? 'chain' : '')}/`)
          .replace('/tmp/states', join(directory, 'states'))
          .replace(/\b8545\b/, `${port}`),
      )
    let chain = await startChain(here(services.chain.entrypoint))
    try {
      const provider = await bandwitness(here(services['provider-1'].command, 'provider-1'))
      expect([provider.code, JSON.parse(provider.stdout.split('\n')[0]!).event], provider.stderr).to.deep.equal([
        ...[0, 'ready'],
      ])
      const start = here(services.start.command)
      const started = await bandwitness([...start, '--json'])
      expect(started.code, started.stderr).to.equal(0)
      expect(JSON.parse(started.stdout).genesis).to.be.above(Date.now() / 1000 - 60)

      await chain.end() // as `docker compose restart chain` does
      chain = await startChain(here(services.chain.entrypoint))
      const again = await bandwitness(start)
      expect([again.code, complaint(again)]).to.satisfy(
        ([code, text]: [number, string]) => code === 3 && /has started already: its epoch 1 began at/.test(text),
      )
    } finally {
      await chain.end()
    }
  })

  it('can be on a chain that is there, if the account can pay', async () => {
    const out = join(directory, 'out')
    const key = join(directory, 'key')
    const anvil = await startAnvil()
    const compose = (...more: string[]) =>
      bandwitness(['testnet', 'compose', '--out', out, ...NODES, '--rpc', anvil.rpcUrl, '--key', key, ...more])
    try {
      const provider = await openAnyChain(anvil.rpcUrl)
      await provider.send('anvil_mine', ['0x20', '0x2'])
      provider.destroy()
      await writeFile(key, `0x${'1'.repeat(64)}`)
      const poor = await compose('--yes')
      expect([poor.code, complaint(poor)]).to.satisfy(
        ([code, text]: [number, string]) =>
          code === 3 && /holds 0 ether on chain 31337, and gives the nodes 500\. Send it more/.test(text),
      )
      await writeFile(key, anvil.accounts[0]!.privateKey)
      expect(await readdir(directory)).to.deep.equal(['key'])
      const written = await compose('--yes')
      expect(written.code, written.stderr).to.equal(0)
      const shown = await bandwitness(['network', 'show', join(out, 'network.json'), '--rpc', anvil.rpcUrl, '--json'])
      expect(JSON.parse(shown.stdout).chain).to.include({ genesis: null, verifiers: 4, providers: 1 })
    } finally {
      await anvil.stop()
    }
    expect(await readdir(out)).to.have.members(['compose.yaml', 'network.json', 'nodes', 'treasury.key'])
  })

  it('leaves nothing behind when it cannot be made, and touches nothing that is there', async () => {
    const full = join(directory, 'full')
    await writeFile(full, 'mine')
    const compose = (...more: string[]) => bandwitness(['testnet', 'compose', ...NODES, ...more])
    for (const [more, says] of [
      [['--out', full], /--out .*full cannot be used: EEXIST/],
      [['--out', join(directory, 'n'), '--verifiers', 'honest=4,lazy=1'], /--verifiers lazy: a container runs/],
      [['--out', join(directory, 'n'), '--rpc', 'http://127.0.0.1:1'], /--rpc and --key belong together/],
    ] as const) {
      const refused = await compose(...more)
      expect(refused.code, refused.stderr).to.be.oneOf([2, 3])
      expect(complaint(refused)).to.match(says)
    }
    expect(await readdir(directory)).to.deep.equal(['full'])
    expect(await readFile(full, 'utf8')).to.equal('mine')
  })

  async function startChain([, ...argv]: readonly string[]): Promise<ChildProcess> {
    const ends = { farewell: 'SIGINT', graceMs: TIMEOUT_MS } as const // it writes its state first
    const child = ChildProcess.start({ name: 'the chain', argv: [anvilBinary(), ...argv], ...ends })
    await child.find(line => /^Listening on/.exec(line)?.[0], TIMEOUT_MS)
    child.forEachLine(() => {})
    return child
  }
})

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
