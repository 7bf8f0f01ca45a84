/** What `testnet node` does to nodes that run: a real provider on a real chain, and links that are only spoken of. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { DEVNET } from '../../../proto/params.js'
import { accountOf } from '../../../verifier/chain/account.js'
import { openAnyChain } from '../../../verifier/chain/connect.js'
import { Conditions } from '../../conditions/conditions.js'
import { identify, isAlive } from '../../process/process-identity.js'
import type { NodeProcess } from '../../process/spawn.js'
import { startWatchdog, type Watchdog } from '../../process/watchdog.js'
import { type Anvil, startAnvil } from '../anvil.js'
import type { WarpedEvent } from '../events.js'
import { LinkFaults } from '../link-faults.js'
import { Nodes } from '../nodes.js'
import type { TestnetOptions } from '../options.js'
import { planProvider, planVerifier } from '../plan.js'
import { setUpNetwork } from '../setup.js'
import { Snapshots } from '../snapshots.js'
import type { NodeRestart } from '../supervised-node.js'
import { Warp } from '../warp.js'

describe('a provider that is slowed by hand', () => {
  let directory: string
  let watchdog: Watchdog
  let anvil: Anvil
  let nodes: Nodes
  let conditions: Conditions
  let restarted: (restart: NodeRestart) => void

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-slowed-'))
    watchdog = await startWatchdog()
    anvil = await startAnvil({ watchdog })
    const options = { seed: 'slowed', claimKbps: 25_000, capacityKbps: undefined } as TestnetOptions
    const honest = { profile: 'honest', value: undefined }
    const verifiers = [planVerifier(options, directory, honest, 0)]
    const providers = ['honest', 'flaky'].map((profile, i) =>
      planProvider(options, directory, { profile, value: undefined }, i),
    )
    const networkFile = join(directory, 'network.json')
    const setup = await setUpNetwork({
      ...{ anvil, chainId: 31_337, params: DEVNET, networkFile, lateVerifiers: [], verifiers, providers },
    })
    conditions = new Conditions()
    nodes = new Nodes(
      { networkFile, rpcUrlOf: () => anvil.rpcUrl },
      watchdog,
      () => {},
      restart => restarted(restart),
      { conditions },
    )
    await Promise.all(providers.map((provider, i) => nodes.startProvider(provider, setup.providers[i]!)))
    expect(setup.providers[0]!.account).to.equal(accountOf(providers[0]!.keys.evm))
  })
  after(async () => {
    await nodes?.stopAll()
    await anvil?.stop()
    await watchdog?.close()
    await rm(directory, { recursive: true })
  })

  /** The options of the node's next process, once that is ready. */
  async function optionsAfter(act: () => Promise<void>): Promise<string[]> {
    const ready = new Promise<NodeRestart>(resolve => {
      restarted = resolve
    })
    await act()
    const { pid, failures } = await ready
    expect(failures).to.equal(0)
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')
  }
  const complaint = (doing: Promise<unknown>) =>
    doing.then(
      () => expect.fail('it was done'),
      (error: Error) => error.message,
    )

  it('runs again with a limit, and without any', async () => {
    const limit = (options: string[]) => options[options.indexOf('--limit') + 1]
    expect(limit(await optionsAfter(() => nodes.slow('provider-1', 10_000)))).to.equal('10000kbps')
    nodes.cutOff('provider-1')
    expect(await optionsAfter(() => nodes.mend('provider-1'))).not.to.include('--limit')
    expect(await complaint(nodes.mend('provider-1'))).to.match(/^provider-1 is neither cut off, nor delayed/)
  })

  it('is no node that forwards by a profile, nor one that nobody has, nor slowed to what it delivers', async () => {
    expect(await complaint(nodes.slow('provider-2', 1000))).to.match(/^provider-2 forwards as its profile flaky says/)
    expect(await complaint(nodes.slow('provider-1', 25_000))).to.match(/^provider-1 delivers 25\.00 Mbit\/s/)
    expect(await complaint(nodes.slow('nobody', 1000))).to.match(/^No node is called nobody/)
    expect(() => nodes.cutOff('nobody')).to.throw('No node is called nobody')
    expect(() => nodes.delay('nobody', 1)).to.throw('No node is called nobody')
  })

  it('wakes in the new time when that is set forward, with the chain, and one that is stopped stays so', async () => {
    const SECONDS = 3600
    const clock = { genesisMs: Date.now() - 1000, epochMs: 10_000, eraEpochs: 5 }
    const skipped: [number, number][] = []
    const events: WarpedEvent[] = []
    const warp = new Warp({
      ...{ anvil, nodes, conditions, clock, isForeign: false, emit: event => events.push(event) },
      observer: { skip: (first, last) => skipped.push([first, last]) },
    })
    await nodes.stop('provider-2')
    const before = await blockSeconds()
    await optionsAfter(async () => {
      expect(await warp.forward(SECONDS)).to.be.within(361, 400)
    })
    expect((await blockSeconds()) - before).to.be.within(SECONDS, SECONDS + 60)
    const [last] = (await readFile(join(directory, 'provider-1.log'), 'utf8')).trim().split('\n').slice(-1)
    expect(JSON.parse(last!).time - Date.now()).to.be.within((SECONDS - 60) * 1000, SECONDS * 1000)
    expect(events.map(({ seconds }) => seconds)).to.deep.equal([SECONDS])
    const [[first, until]] = skipped as [[number, number]]
    expect([first, until - first]).to.deep.equal([first, 363])
    expect(nodes.pidOf('provider-2')).to.satisfy((pid: number) => !isAlive(identify(pid)))
  })

  it('is as it was at a snapshot, with its chain, its data and its time, and runs as then', async () => {
    const clock = { genesisMs: conditions.nowMs() - 1000, epochMs: 10_000, eraEpochs: 5 }
    const observer = { skip: () => {}, mark: () => () => {} }
    const parts = { anvil, nodes, conditions, observer, clock, directory, emit: () => {}, isForeign: false }
    const snapshots = new Snapshots(parts)
    const data = join(directory, 'provider-1')
    await writeFile(join(data, 'note'), 'kept')
    await optionsAfter(async () => void (await snapshots.take()))
    const [blocksMs, nodesMs] = [(await blockSeconds()) * 1000, conditions.nowMs()]
    await Promise.all([
      rm(join(data, 'note')),
      writeFile(join(data, 'later'), ''),
      optionsAfter(async () => nodes.start('provider-2')),
      anvil.setForward(3600),
    ])
    conditions.stepAll(3_600_000)
    expect((await blockSeconds()) * 1000 - blocksMs).to.be.at.least(3_600_000)
    await optionsAfter(async () => void (await snapshots.revert(null)))
    expect(await readFile(join(data, 'note'), 'utf8')).to.equal('kept')
    expect(existsSync(join(data, 'later'))).to.equal(false)
    expect((await blockSeconds()) * 1000 - blocksMs).to.be.within(-60_000, 60_000)
    expect(conditions.nowMs() - nodesMs).to.be.within(-60_000, 60_000)
    expect(nodes.stopped.has('provider-2')).to.equal(true)
  })

  async function blockSeconds(): Promise<number> {
    const provider = await openAnyChain(anvil.rpcUrl)
    const block = await provider.getBlock('latest')
    provider.destroy()
    return block!.timestamp
  }
})

describe('time that cannot be set forward', () => {
  const clock = { genesisMs: Date.now(), epochMs: 10_000, eraEpochs: 5 }
  const nodes = { restartAll: (between: () => Promise<void>) => between() }
  const observer = { skip: () => {} }

  it('stays where it is if the chain refuses, and can be set forward later', async () => {
    const conditions = new Conditions()
    let refuses = true
    const anvil = {
      setForward: async () => {
        if (refuses) throw new Error('anvil refuses evm_increaseTime: no')
      },
    }
    const warp = new Warp({ ...{ anvil, nodes, conditions, observer, clock }, isForeign: false, emit: () => {} })
    expect(await warp.forward(60).catch((error: Error) => error.message)).to.equal('anvil refuses evm_increaseTime: no')
    expect(conditions.of('n').clockMs).to.equal(0)
    refuses = false
    await Promise.all([warp.forward(60), warp.forward(60)])
    expect(conditions.of('one that starts later').clockMs).to.equal(120_000)
  })

  it('is that of a run in which something keeps the time of the machine', async () => {
    const anvil = { setForward: () => expect.fail('it was set forward') }
    const conditions = new Conditions()
    const warp = new Warp({ ...{ anvil, nodes, conditions, observer, clock }, isForeign: true, emit: () => {} })
    expect(await warp.forward(60).catch((error: Error) => error.message)).to.match(/^A scenario and strangers have/)
  })
})

describe('links that are cut or delayed by hand', () => {
  const OTHERS = ['a', 'b', 'c']
  let conditions: Conditions
  let links: LinkFaults
  beforeEach(() => {
    conditions = new Conditions()
    links = new LinkFaults(conditions)
    for (const [i, name] of OTHERS.entries()) {
      conditions.attach(name, { send: () => {} } as unknown as NodeProcess)
      const { onMessage } = conditions.apply({ name, argv: ['node', '--x', 'main'], logPath: '', readyTimeoutMs: 0 })
      onMessage!({ listening: i })
    }
  })
  const seenBy = (name: string) => conditions.of(name).links

  it('a node is cut off from all others, they are not from each other, and it stays cut off when it starts again', () => {
    links.cutOff('a')
    links.cutOff('a')
    expect(seenBy('a').map(({ port, cut }) => [port, cut])).to.deep.equal([
      [1, true],
      [2, true],
    ])
    expect(seenBy('b')).to.deep.equal([{ port: 0, cut: true, delayMs: 0 }])
    conditions.attach('a', { send: () => {} } as unknown as NodeProcess)
    expect(seenBy('a')).to.have.length(2)
    expect(links.mend('a')).to.equal(true)
    expect(links.mend('a')).to.equal(false)
    expect(seenBy('a')).to.deep.equal([])
  })

  it('the newest delay of a node holds, two nodes add theirs, and one that is mended leaves the other', () => {
    links.delay('a', 100)
    links.delay('a', 250)
    links.delay('b', 30)
    expect(seenBy('a').map(({ delayMs }) => delayMs)).to.deep.equal([280, 250])
    links.mend('a')
    expect(seenBy('a').map(({ port, delayMs }) => [port, delayMs])).to.deep.equal([[1, 30]])
  })
})
