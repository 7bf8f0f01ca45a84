/** A whole network that is interrupted or killed: no process, no port and no directory may be left. */

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { ChildProcess } from '../../process/child-process.js'
import { entryPoint } from '../../process/entry-point.js'
import { identify, isAlive, type ProcessIdentity } from '../../process/process-identity.js'
import type { ReadyEvent, TestnetEvent } from '../events.js'

const TIMEOUT_MS = 240_000

describe('a network that ends early', function () {
  this.timeout(TIMEOUT_MS)

  for (const [way, code] of [
    ['SIGINT', 7],
    ['SIGKILL', null],
  ] as const) {
    it(`leaves nothing behind after ${way}`, async function () {
      this.retries(1) // somebody else may take a port meanwhile
      const testnet = start()
      const ready = await readyOf(testnet)
      const nodes = [...ready.verifiers, ...ready.providers].map(({ pid }) => identify(pid))
      expect(nodes.every(isAlive)).to.equal(true)
      testnet.kill(way)
      if (way === 'SIGINT') testnet.kill(way) // an impatient second Ctrl-C
      expect((await testnet.ended).code).to.equal(code)
      while (nodes.some(isAlive) || existsSync(ready.dataDir)) await pause(10)
      for (const url of [ready.rpcUrl, ready.apiUrl]) expect(await answers(url)).to.equal(false)
    })
  }

  it('says that its chain has died, with a result, and leaves nothing behind', async () => {
    const testnet = start()
    const ready = await readyOf(testnet)
    const nodes = [...ready.verifiers, ...ready.providers].map(({ pid }) => identify(pid))
    process.kill(childCalled('/anvil', testnet.pid)!, 'SIGKILL')
    const events: TestnetEvent[] = []
    testnet.forEachLine(line => events.push(JSON.parse(line)))
    const { code } = await testnet.ended
    const result = events.at(-1)!
    expect(result).to.deep.include({ event: 'result', ok: false, failures: ['The chain was ended by SIGKILL.'] })
    expect(events.some(({ event }) => event === 'node-ended')).to.equal(false)
    expect(code).to.equal(7)
    expect(testnet.said.at(-1)).to.match(/^bandwitness: The chain was ended by SIGKILL\. The logs are in /)
    expect(nodes.some(isAlive)).to.equal(false)
    rmSync(ready.dataDir, { recursive: true })
  })

  it('leaves nothing behind when it is interrupted before it is up', async () => {
    const testnet = start()
    const watchdog = await watchdogOf(testnet.pid)
    testnet.kill('SIGINT')
    expect((await testnet.ended).code).to.equal(7)
    expect(isAlive(watchdog)).to.equal(false)
  })
})

function start(): ChildProcess {
  const command = entryPoint(import.meta.url, '../../../verifier/cli/bandwitness.js')
  const args = ['testnet', '--verifiers', '4', '--providers', '1', '--epochs', '2', '--api-port', '0', '--json']
  return ChildProcess.start({ name: 'the testnet', argv: [...command, ...args] })
}

async function readyOf(testnet: ChildProcess): Promise<ReadyEvent> {
  const isReady = (event: TestnetEvent) => (event.event === 'ready' ? event : undefined)
  return testnet.find(line => isReady(JSON.parse(line)), TIMEOUT_MS)
}

/** Its command line names it; tsx has children of its own. */
async function watchdogOf(pid: number): Promise<ProcessIdentity> {
  for (;;) {
    const child = childCalled('watchdog-main', pid)
    if (child !== undefined) return identify(child)
    await pause(10)
  }
}

const childCalled = (name: string, pid: number): number | undefined =>
  read(`/proc/${pid}/task/${pid}/children`)
    .trim()
    .split(' ')
    .map(Number)
    .find(child => read(`/proc/${child}/cmdline`).includes(name))

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // gone in the meantime
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(1000) }).then(
    () => true,
    () => false,
  )
}
