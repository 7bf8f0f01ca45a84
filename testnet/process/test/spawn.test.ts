import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type NodeSpec, NodeStartError, startNode } from '../spawn.js'
import { startWatchdog, type Watchdog } from '../watchdog.js'

const READY =
  'console.log(JSON.stringify({event: "ready", role: "provider", account: "0xab", index: 7, pid: process.pid}));'

describe('startNode', () => {
  let directory: string
  let watchdog: Watchdog

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-test-'))
    watchdog = await startWatchdog()
  })
  after(async () => {
    await watchdog.close()
    rmSync(directory, { recursive: true })
  })

  const spec = (name: string, script: string, readyTimeoutMs = 10_000): NodeSpec => ({
    name,
    argv: [process.execPath, '-e', script],
    logPath: join(directory, `${name}.log`),
    readyTimeoutMs,
  })

  it('waits for the ready line and keeps everything else in the log', async () => {
    const script = `console.error('to standard error'); console.log('to standard output'); ${READY} setInterval(() => {}, 1000)`
    const node = startNode(spec('quiet', script), watchdog)
    expect(await node.ready).to.include({ account: '0xab', index: 7, pid: node.pid })
    const exit = await node.stop()
    expect(exit).to.include({ name: 'quiet', wanted: true, signal: 'SIGTERM' })
    expect(readFileSync(join(directory, 'quiet.log'), 'utf8'))
      .to.include('to standard error')
      .and.include('to standard output')
  })

  it('gives the exit code and the last message of a node that ended before it was ready', async () => {
    const failure = await failureOf(spec('early', 'console.error("the key file is missing"); process.exit(3)'))
    expect(failure).to.be.instanceOf(NodeStartError)
    expect(failure.message).to.include('early ended with exit code 3: the key file is missing')
  })

  it('gives up on a node that stays silent, and ends it', async () => {
    const failure = await failureOf(
      spec('silent', 'process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000)', 300),
    )
    expect(failure.message).to.include('silent was not ready after 0.3 s')
  })

  it('says that a program does not exist', async () => {
    const failure = await failureOf({ ...spec('absent', ''), argv: [join(directory, 'no-such-program')] })
    expect(failure.message).to.include('absent could not be started')
  })

  it('notices at once that a node has ended, with its last log messages', async () => {
    const script = `${READY} console.error(JSON.stringify({level: 50, msg: 'stopping', err: {message: 'store is full'}})); process.exitCode = 6`
    const node = startNode(spec('crash', script), watchdog)
    await node.ready
    const exit = await node.exited
    expect(exit).to.deep.equal({
      name: 'crash',
      code: 6,
      signal: null,
      wanted: false,
      lastLog: ['stopping: store is full'],
    })
  })

  async function failureOf(nodeSpec: NodeSpec): Promise<Error> {
    return startNode(nodeSpec, watchdog).ready.then(
      () => expect.fail('the node started'),
      (error: Error) => error,
    )
  }
})
