/** Small processes in the place of nodes, that are killed, held down and paused. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { type NodeRestart, SupervisedNode } from '../../network/supervised-node.js'
import type { NodeExit } from '../../process/spawn.js'
import { startWatchdog, type Watchdog } from '../../process/watchdog.js'
import { Down, Kill } from '../down.js'
import { Pause } from '../pause.js'

/** Its API answers with the process's id, or ends the process with the code that is asked for. */
const NODE = `
  const { createServer } = require('node:http')
  const server = createServer(({ url }, response) => {
    if (url !== '/') process.exit(Number(url.slice(1)))
    response.end(String(process.pid))
  })
  server.on('error', () => process.exit(5)).listen(Number(process.argv[1]), '127.0.0.1', () =>
    console.log(JSON.stringify({ event: 'ready', apiUrl: 'http://127.0.0.1:' + server.address().port })))`

describe('a node that the testnet keeps up', () => {
  let directory: string
  let watchdog: Watchdog
  let node: SupervisedNode
  let nodeAt: (apiPort: number, portMayChange: boolean) => SupervisedNode
  let apiUrl: string
  let exits: NodeExit[]
  let restarts: NodeRestart[]
  let changed: () => void

  const nodes = {
    kill: () => node.kill(),
    hold: () => node.down('SIGKILL'),
    release: () => node.release(),
    pause: () => node.signal('SIGSTOP'),
    resume: () => node.signal('SIGCONT'),
  }
  const ask = async (path = '') => Number(await (await fetch(`${apiUrl}/${path}`)).text())
  const until = async (holds: () => boolean) => {
    while (!holds()) {
      await new Promise<void>(resolve => {
        changed = resolve
      })
    }
  }

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-test-'))
    watchdog = await startWatchdog()
  })
  after(async () => {
    await watchdog.close()
    rmSync(directory, { recursive: true })
  })
  beforeEach(async () => {
    exits = []
    restarts = []
    changed = () => {}
    const heard =
      <T>(list: T[]) =>
      (one: T) => {
        list.push(one)
        changed()
      }
    nodeAt = (apiPort, portMayChange) =>
      new SupervisedNode({
        ...{ watchdog, apiPort, portMayChange, onStart: () => {}, onExit: heard(exits), onRestart: heard(restarts) },
        spec: port => ({
          ...{ name: 'node', argv: [process.execPath, '-e', NODE, String(port)] },
          ...{ logPath: join(directory, 'log'), readyTimeoutMs: 10_000 },
        }),
      })
    node = nodeAt(0, false)
    const ready = await node.start()
    apiUrl = ready.apiUrl!
    expect(ready.argv.at(-1)).to.equal(new URL(apiUrl).port)
  })
  afterEach(() => node.down('SIGTERM'))

  it('comes back by itself at the same port when it is killed', async function () {
    this.retries(1) // somebody else may take the port meanwhile
    const before = await ask()
    await new Kill(nodes, ['node']).begin()
    await until(() => restarts.length === 1)
    const after = await ask()
    expect(after).not.to.equal(before)
    expect(restarts[0]).to.deep.equal({ name: 'node', pid: after, failures: 0 })
    expect(exits[0]).to.include({ signal: 'SIGKILL', wanted: false })
  })

  it('takes another port if the usual one is taken meanwhile, but not instead of one that was asked for', async () => {
    const taken = Number(new URL(apiUrl).port)
    const error = await nodeAt(taken, false)
      .start()
      .catch((e: Error) => e)
    expect(String(error)).to.include('ended with exit code 5')
    const second = nodeAt(taken, true)
    expect(new URL((await second.start()).apiUrl!).port).not.to.equal(String(taken))
    await second.down('SIGTERM')
  })

  it('is started again after an error, and counts its failures', async () => {
    await ask('6').catch(() => {})
    await until(() => restarts.length === 1)
    expect(exits[0]).to.include({ code: 6, wanted: false })
    expect(restarts[0]).to.include({ failures: 1 })
  })

  it('stays down where a restart is useless, until somebody starts it', async () => {
    await ask('3').catch(() => {})
    await until(() => exits.length === 1)
    await pause(10)
    node.up()
    await until(() => restarts.length === 1)
    expect(restarts[0]).to.deep.equal({ name: 'node', pid: await ask(), failures: 0 })
  })

  it('stays down for as long as the fault lasts', async () => {
    const down = new Down(nodes, ['node'])
    await down.begin()
    expect(exits[0]).to.include({ signal: 'SIGKILL', wanted: true })
    expect(restarts).to.deep.equal([])
    await down.end()
    await until(() => restarts.length === 1)
    node.up() // twice starts no second process
    expect(await ask()).to.equal(restarts[0]!.pid)
  })

  it('stays down until the last of two faults is over', async () => {
    const [one, other] = [new Down(nodes, ['node']), new Down(nodes, ['node'])]
    await one.begin()
    await other.begin()
    await one.end()
    node.up() // as after a full disk
    await other.end()
    await until(() => restarts.length === 1)
    expect([exits.length, await ask()]).to.deep.equal([1, restarts[0]!.pid])
  })

  it('is ended while it waits for its next start', async () => {
    node.kill()
    await until(() => exits.length === 1)
    await node.down('SIGTERM')
    expect(restarts).to.deep.equal([])
  })

  it('answers nobody while it is paused, and goes on afterwards; a paused node can be stopped', async () => {
    const pause = new Pause(nodes, ['node'])
    const before = await ask()
    await pause.begin()
    const answer = ask()
    await pause.end()
    expect(await answer).to.equal(before)
    await pause.begin()
    await node.down('SIGTERM')
    expect(exits[0]).to.include({ signal: 'SIGTERM', wanted: true })
  })
})
