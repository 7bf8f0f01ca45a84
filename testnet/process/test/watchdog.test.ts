import { existsSync } from 'node:fs'
import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { ChildProcess } from '../child-process.js'
import { entryPoint } from '../entry-point.js'
import { identify, isAlive } from '../process-identity.js'

interface Started {
  watchdog: number
  pids: number[]
  ports: number[]
  directory: string
}

const WAIT_MS = 180_000

describe('watchdog', () => {
  for (const way of ['close', 'SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    it(`leaves no process, port or directory behind when the testnet ends by ${way}`, async () => {
      const argv = [...entryPoint(import.meta.url, './fixtures/parent-main.js'), way]
      const parent = ChildProcess.start({ name: 'the parent', argv })
      const started = JSON.parse(await parent.line(WAIT_MS)) as Started
      const identities = [started.watchdog, ...started.pids].map(identify)
      if (way !== 'close') {
        expect(identities.map(isAlive)).to.deep.equal([true, true, true])
        expect(existsSync(started.directory)).to.equal(true)
        expect(await Promise.all(started.ports.map(port => listenerAt(port)))).to.deep.equal(started.pids)
        parent.kill(way)
      }
      // The watchdog is no child of this process: only /proc shows its end.
      while (identities.some(isAlive)) await pause(10)
      expect(existsSync(started.directory)).to.equal(false)
      // The system may have given a port to somebody else by now, but not to one of these.
      for (const port of started.ports) expect(started.pids).to.not.include(await listenerAt(port, 1000))
    })
  }

  it('that is killed is replaced, and the testnet killed after it leaves nothing behind', async () => {
    const argv = [...entryPoint(import.meta.url, './fixtures/parent-main.js'), 'SIGKILL']
    const parent = ChildProcess.start({ name: 'the parent', argv })
    const started = JSON.parse(await parent.line(WAIT_MS)) as Started
    const first = identify(started.watchdog)
    process.kill(started.watchdog, 'SIGKILL')
    const second = identify(Number(await parent.line(WAIT_MS)))
    expect([first, second].map(isAlive)).to.deep.equal([false, true])
    parent.kill('SIGKILL')
    const identities = [second, ...started.pids.map(identify)]
    while (identities.some(isAlive)) await pause(10)
    expect(existsSync(started.directory)).to.equal(false)
  })

  it('tells a process from a later one with the same pid', async () => {
    const child = ChildProcess.start({ name: 'a child', argv: ['sleep', '60'] })
    const identity = identify(child.pid)
    expect(isAlive(identity)).to.equal(true)
    expect(isAlive({ pid: identity.pid, startTime: '1' })).to.equal(false)
    child.kill('SIGKILL')
    await child.ended
    expect(isAlive(identity)).to.equal(false)
  })
})

/**
 * The pid that the process at a port reports; undefined if nobody listens there, or reports none.
 * @param silentMs after which it reports none (default: never)
 */
async function listenerAt(port: number, silentMs = 0): Promise<number | undefined> {
  const socket = createConnection({ port, host: '127.0.0.1', timeout: silentMs })
  socket.on('timeout', () => socket.destroy())
  try {
    return Number(await text(socket))
  } catch {
    return undefined
  }
}
