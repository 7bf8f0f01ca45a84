import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { DEVNET } from '../../../proto/params.js'
import { ChildProcess } from '../../process/child-process.js'
import type { ReadyEvent, ReadyNode } from '../events.js'
import { chosen } from '../running-commands.js'
import { RunningFile, type RunningTestnet, runningTestnets } from '../running-testnet.js'

const ACCOUNT = '0x00000000000000000000000000000000000000aa'
const NODE: ReadyNode = {
  ...{ name: 'verifier-1', role: 'verifier', profile: 'honest', index: 1, address: ACCOUNT, pid: 7 },
  ...{ apiUrl: 'http://127.0.0.1:7380', dataDir: '/d/verifier-1', log: '/d/verifier-1.log', argv: [] },
}

const ready = (pid: number) =>
  ({
    ...{ event: 'ready', pid, seed: '1', rpcUrl: 'http://127.0.0.1:1', chainId: 31_337, contracts: {} },
    ...{ apiUrl: NODE.apiUrl, dataDir: '/d', networkFile: '/d/network.json', params: DEVNET },
    ...{ verifiers: [NODE], providers: [] },
  }) as unknown as ReadyEvent

describe('testnets that run', () => {
  let folder: string
  let temporary: string[]
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bandwitness-running-'))
    temporary = []
  })
  afterEach(() => rm(folder, { recursive: true }))

  const open = () => RunningFile.open({ temporary: directory => temporary.push(directory) }, folder)

  /** Resolves when the file says so. */
  async function listed(wanted: (testnets: RunningTestnet[]) => boolean): Promise<RunningTestnet[]> {
    for (;;) {
      const testnets = await runningTestnets(folder)
      if (wanted(testnets)) return testnets
      await pause(10)
    }
  }

  it('are listed from ready on, with what happened since, until they end', async () => {
    const file = await open()
    expect(await runningTestnets(folder)).to.deep.equal([])
    file.take(ready(process.pid))
    file.take({ event: 'started', genesisMs: 5 })
    file.take({ event: 'joined', ...NODE, name: 'verifier-2' })
    for (const seconds of [60, 30]) file.take({ event: 'warped', seconds, epoch: 9 })
    file.take({ event: 'restarted', name: 'verifier-1', pid: 8 })
    const [testnet] = await listed(([one]) => one?.nodes[0]?.pid === 8)
    expect(testnet!.nodes.map(({ name, pid }) => [name, pid])).to.deep.equal([
      ['verifier-1', 8],
      ['verifier-2', 7],
    ])
    expect(testnet).to.include({ pid: process.pid, genesisMs: 5, networkFile: '/d/network.json', aheadMs: 90_000 })
    file.take({ event: 'reverted', snapshot: 1, epoch: 2, aheadMs: -5 })
    await listed(([one]) => one?.aheadMs === -5)
    expect(temporary).to.have.length(1)
    await file.close()
    expect(await readdir(folder)).to.deep.equal([])
  })

  it('a process with the pid of one that has ended is none', async () => {
    const file = await open()
    file.take(ready(process.pid))
    await listed(({ length }) => length === 1)
    const path = join(temporary[0]!, 'testnet.json')
    const state = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify({ ...state, startTime: `${Number(state.startTime) - 1}` }))
    expect(await runningTestnets(folder)).to.deep.equal([])
    await file.close()
  })

  it('one that was killed is none, although its file is left', async () => {
    const child = ChildProcess.start({
      name: 'a testnet',
      argv: [process.execPath, '-e', 'setInterval(() => {}, 1e9)'],
    })
    const file = await open()
    file.take(ready(child.pid))
    await listed(({ length }) => length === 1)
    child.kill('SIGKILL')
    await child.ended
    expect(await runningTestnets(folder)).to.deep.equal([])
    await file.close()
  })

  it('what another user or a link offers, what is half written and what is something else are none', async () => {
    const file = await open()
    file.take(ready(process.pid))
    await listed(({ length }) => length === 1)
    const [directory] = temporary as [string]
    expect(await runningTestnets(folder, process.getuid!() + 1)).to.deep.equal([])

    await rename(directory, join(folder, 'elsewhere'))
    await symlink(join(folder, 'elsewhere'), directory)
    for (const text of ['{"pid":', '{"pid":1}', '[]']) {
      const planted = await mkdtemp(join(folder, 'bandwitness-run-'))
      await writeFile(join(planted, 'testnet.json'), text)
    }
    await mkdir(join(folder, 'bandwitness-run-x', 'testnet.json'), { recursive: true })
    expect(await runningTestnets(folder)).to.deep.equal([])
    await file.close()
  })

  it('a command that could mean several asks for one', () => {
    const testnets = [1, 2].map(pid => ({ pid }) as RunningTestnet)
    expect(chosen(testnets, 2).pid).to.equal(2)
    expect(() => chosen(testnets, undefined)).to.throw('as processes 1, 2. Name one with --pid.')
    expect(() => chosen(testnets, 3)).to.throw('No test network of yours runs as process 3')
    expect(() => chosen([], undefined)).to.throw('No test network runs')
  })
})
