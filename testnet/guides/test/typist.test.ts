import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchdog, type Watchdog } from '../../process/watchdog.js'
import { Typed } from '../typist.js'

const MS = 30_000

describe('somebody who types a command', () => {
  let watchdog: Watchdog
  let directory: string
  let commands = 0

  before(async () => {
    watchdog = await startWatchdog()
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-typist-'))
  })
  after(async () => {
    await watchdog.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const type = (command: string, answers: [RegExp, string][] = []): Typed =>
    new Typed(command, { cwd: directory, watchdog, answers, record: join(directory, `${++commands}.txt`) })

  it('sees what it prints, without colours, and its exit code', async () => {
    const typed = type("printf '\\033[32mgreen\\033[0m\\n'; exit 3")
    expect(await typed.toEnd(MS)).to.equal(3)
    expect(typed.printed).to.equal('green\n')
  })

  it('has a terminal, and answers each question once', async () => {
    const ask = `test -t 0 && printf 'Name: ' && read -r name && printf 'Name: ' && read -r other && echo "$name, $other" >said`
    const typed = type(ask, [[/Name: $/, 'Ada']])
    expect(await typed.toEnd(MS)).to.equal(0)
    expect(readFileSync(join(directory, 'said'), 'utf8')).to.equal('Ada, Ada\n')
  })

  it('answers nothing else: a command that waits for it is ended', async () => {
    const typed = type("printf 'Really? '; read -r answer", [[/Name: $/, 'Ada']])
    const failure = await typed.toEnd(500).catch((error: Error) => error.message)
    expect(failure).to.equal('had not ended after 0.5 s')
  })

  it('interrupts what goes on', async () => {
    const typed = type("trap 'exit 7' INT; echo up; while :; do sleep 0.1; done")
    await typed.prints(/up/, MS)
    expect(await typed.interrupt()).to.equal(7)
  })

  it('is told if it ends before it prints what it should', async () => {
    const failure = await type('echo down')
      .prints(/up/, MS)
      .catch((error: Error) => error.message)
    expect(failure).to.equal('ended without printing /up/')
  })
})
