/** Real processes that behave badly. None of them may hang this one, or outlive it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { ChildError } from '../child-end.js'
import { type ChildOptions, ChildProcess } from '../child-process.js'
import { run } from '../commands.js'
import { entryPoint } from '../entry-point.js'
import { identify, isAlive } from '../process-identity.js'
import { RoleProcess } from '../role-process.js'

const WAIT_MS = 180_000
const LIVE_ON = 'setInterval(() => {}, 1000);'

describe('ChildProcess', () => {
  const started: ChildProcess[] = []

  function start(script: string, options: Partial<ChildOptions> = {}): ChildProcess {
    const child = ChildProcess.start({ name: 'the child', argv: [process.execPath, '-e', script], ...options })
    started.push(child)
    return child
  }
  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGKILL')
  })

  const failureOf = (wait: Promise<unknown>): Promise<ChildError> =>
    wait.then(
      () => expect.fail('the wait succeeded'),
      error => {
        expect(error).to.be.instanceOf(ChildError)
        return error
      },
    )

  it('reads lines in order, and takes text on standard input', async () => {
    const child = start(`process.stdin.on('data', text => console.log(text + 'two\\nthree'))`, {
      ...{ input: 'pipe', farewell: 'close-input' },
    })
    child.write('one\n')
    expect([await child.line(WAIT_MS), await child.line(WAIT_MS), await child.line(WAIT_MS)]).to.deep.equal([
      ...['one', 'two', 'three'],
    ])
    expect(await child.end()).to.include({ code: 0, signal: null, wanted: true })
  })

  it('skips to the line that is wanted, and hands over the rest', async () => {
    const child = start(`console.log('noise\\n42\\nrest'); ${LIVE_ON}`)
    expect(await child.find(line => Number(line) || undefined, WAIT_MS)).to.equal(42)
    const rest = await new Promise(child.forEachLine.bind(child))
    expect(rest).to.equal('rest')
  })

  it('says in one sentence how a child ended, and its last words', async () => {
    const child = start(`console.error('the disk\\nis full'); process.exitCode = 3`)
    const failure = await failureOf(child.line(WAIT_MS))
    expect(failure.message).to.equal('the child ended with exit code 3: the disk | is full')
    expect(await child.ended).to.deep.equal({ code: 3, signal: null, wanted: false })
    expect(child.isRunning).to.equal(false)
  })

  it('says that a program could not be started', async () => {
    const child = ChildProcess.start({ name: 'the child', argv: ['/no/such/program'] })
    expect((await failureOf(child.line(WAIT_MS))).message).to.match(/^the child could not be started .*ENOENT/)
    expect(await child.end()).to.include({ code: null, signal: null })
  })

  it('ends a child that is silent for too long', async () => {
    const child = start(LIVE_ON)
    expect((await failureOf(child.line(100))).message).to.equal('the child had not answered after 0.1 s')
    expect(await child.ended).to.include({ signal: 'SIGTERM', wanted: true })
  })

  it('gives all lines together one time-out', async () => {
    const child = start(`setInterval(() => console.log('noise'), 5)`)
    const failure = await failureOf(child.find(() => undefined, 200, 'was not ready'))
    expect(failure.message).to.equal('the child was not ready after 0.2 s')
  })

  it('kills a child that ignores SIGTERM', async () => {
    const child = start(`process.on('SIGTERM', () => console.log('no')); console.log('up'); ${LIVE_ON}`, {
      graceMs: 200,
    })
    expect(await child.line(WAIT_MS)).to.equal('up')
    child.kill('SIGTERM')
    expect(await child.line(WAIT_MS)).to.equal('no')
    expect(await child.end()).to.include({ code: null, signal: 'SIGKILL', wanted: true })
  })

  it('notices at once that a child closes its standard output and lives on, and ends it', async () => {
    const child = start(`console.log('up'); fs.closeSync(1); ${LIVE_ON}`)
    expect(await child.line(WAIT_MS)).to.equal('up')
    expect((await failureOf(child.line(60_000))).message).to.equal('the child closed its standard output')
    expect(await child.ended).to.include({ signal: 'SIGTERM' })
  })

  it('keeps only the end of a flood on a child’s standard error, and still hears its answer', async () => {
    const flood = `const text = 'x'.repeat(99) + '\\n'; for (let i = 0; i < 1e5; i++) fs.writeSync(2, text.repeat(10));`
    const child = start(`${flood} console.error('last'); console.log('answer'); ${LIVE_ON}`)
    expect(await child.line(WAIT_MS)).to.equal('answer')
    while (child.said.at(-1) !== 'last') await pause(1)
    expect(child.said).to.have.length(20)
    expect(child.said.join().length).to.be.at.most(16_384)
  })

  it('does not fill its memory with lines that nobody reads', async () => {
    const flood = `for (let i = 0; i < 1e6; i++) fs.writeSync(1, i + '\\n'); console.error('through')`
    const child = start(`${flood}; ${LIVE_ON}`)
    const through = pause(500).then(() => child.said.includes('through'))
    expect(await through, 'the child waits for a reader').to.equal(false)
    for (let i = 0; i < 20_000; i++) expect(await child.line(WAIT_MS)).to.equal(String(i))
  })

  it('does not wait for a grandchild that holds the output open', async () => {
    const grandchild = `child_process.spawn('sleep', ['60'], { stdio: 'inherit', detached: true })`
    const child = start(`console.log(${grandchild}.pid); process.exit(0)`)
    const identity = identify(Number(await child.line(WAIT_MS)))
    expect(await child.ended).to.include({ code: 0 })
    expect(isAlive(identity)).to.equal(true)
    process.kill(identity.pid, 'SIGKILL')
  })

  it('signals the whole group of a program that starts others', async () => {
    const child = start('', { argv: ['sh', '-c', 'sleep 60 & echo $!; wait'], group: true })
    const identity = identify(Number(await child.line(WAIT_MS)))
    await child.end()
    while (isAlive(identity)) await pause(1)
  })

  it('is as nice as its parent, among all sessions', async () => {
    const child = start(`console.log('up'); ${LIVE_ON}`)
    await child.line(WAIT_MS)
    const group = `/proc/${child.pid}/autogroup`
    const niceness = existsSync(group)
      ? / nice (-?\d+)$/m.exec(readFileSync(group, 'utf8'))![1]
      : getPriority(child.pid)
    expect(Number(niceness)).to.equal(getPriority())
  })

  it('runs a program to its end, and ends one that takes too long', async () => {
    expect(await run(['printf', 'a\\nb\\n'])).to.equal('a\nb')
    expect((await failureOf(run(['sh', '-c', 'echo why >&2; exit 4']))).message).to.match(
      /ended with exit code 4: why$/,
    )
    expect((await failureOf(run(['sleep', '60'], 50))).message).to.equal('sleep 60 had not ended after 0.05 s')
  })

  it('leaves no child behind when the parent is killed while children start', async () => {
    for (const children of [1, 3, 10, 25, 60]) {
      const seconds = `1000.${Math.floor(Math.random() * 1e9)}`
      const argv = [...entryPoint(import.meta.url, './fixtures/starting-main.js'), seconds]
      const parent = ChildProcess.start({ name: 'the parent', argv })
      started.push(parent)
      const watchdog = identify(Number(await parent.line(WAIT_MS)))
      for (let i = 0; i < children; i++) await parent.line(WAIT_MS)
      parent.kill('SIGKILL')
      await parent.ended
      while (isAlive(watchdog)) await pause(1)
      expect(commandLines().filter(line => line.includes(seconds))).to.deep.equal([])
    }
  })
})

describe('RoleProcess', () => {
  const start = (script: string, graceMs = 200) =>
    RoleProcess.start<object, { ready: number } | { done: true }>({
      name: 'the role',
      argv: [process.execPath, '-e', script],
      graceMs,
    })
  const ANSWERING = `process.on('message', () => process.send({ done: true })); process.send({ ready: 7 });`

  it('gives one answer to each order, and ends with its channel', async () => {
    const role = start(`process.on('disconnect', () => process.exit(0)); ${ANSWERING}`, WAIT_MS)
    expect(await role.ready('ready', WAIT_MS)).to.equal(7)
    expect(await role.ask({}, 'done')).to.equal(true)
    await role.close()
    expect((await role.ask({}, 'done').catch(error => error)).message).to.include('the role ended with exit code 0')
  })

  it('reports an answer of an unexpected kind', async () => {
    const role = start(`${ANSWERING} ${LIVE_ON}`)
    const failure = await role.ready('done', WAIT_MS).catch(error => error)
    expect(failure.message).to.equal('the role answered "ready" where "done" was expected')
  })

  it('notices that a process closes its channel and lives on', async () => {
    const role = start(`${LIVE_ON} process.disconnect()`)
    const failure = await role.ready('ready', 60_000).catch(error => error)
    expect(failure.message).to.include('the role closed its channel')
  })
})

function commandLines(): string[] {
  return readdirSync('/proc').flatMap(name => {
    try {
      return /^\d+$/.test(name) ? [readFileSync(`/proc/${name}/cmdline`, 'latin1')] : []
    } catch {
      return [] // ended in the meantime
    }
  })
}
