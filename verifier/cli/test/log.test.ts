import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { keepSecret } from '../../config/secrets.js'
import { openLog } from '../log.js'

/** Opens a file at the number of one that is closed meanwhile. */
function openAt(wanted: number, path: string): void {
  const lower: number[] = []
  closeSync(wanted)
  for (let fd = openSync(path, 'a'); fd !== wanted; fd = openSync(path, 'a')) lower.push(fd)
  for (const fd of lower) closeSync(fd)
}

describe('the log of a node', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-log-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  it('on a full disk ends no node and fills no memory, and says what it lost once there is space', async () => {
    const fd = openSync('/dev/full', 'a')
    const log = openLog('info', fd)
    const text = 'x'.repeat(10_000)
    for (let i = 0; i < 300; i++) log.info({ i, text }, 'a line')
    await setImmediate()
    const file = join(directory, 'log')
    openAt(fd, file)
    log.info('there is space again')
    await setImmediate()
    closeSync(fd)
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const kept = lines.filter(line => line.text).map(line => line.i)
    expect(kept)
      .to.deep.equal(kept.map((_, i) => i))
      .and.to.have.length.within(90, 110)
    const { lines: lost, reason } = lines.at(-1)
    expect(kept.length + lost).to.be.oneOf([300, 301]) // the line after it may be lost, too
    expect(reason).to.include('ENOSPC')
  })

  it('on a terminal is text, without secrets, and what a peer says moves no cursor', () => {
    keepSecret('a-key-of-the-rpc')
    const file = join(directory, 'log')
    const log = openLog('info', file, true)
    const error = 'no answer from https://rpc.example.org/a-key-of-the-rpc'
    log.warn({ error, peer: '\u001b[2Jgone\u202e' }, 'cannot\u001b[1A reach %s', 'a\u009bpeer')
    const text = readFileSync(file, 'utf8')
    expect(text).to.match(/WARN.*cannot\\u\{1b\}\[1A reach a\\u\{9b\}peer/)
    expect(text).to.include('https://rpc.example.org/…')
    expect(text).not.to.match(/\{"level"|a-key-of-the-rpc|\u202e|\u009b/)
    const codes = text.split('\u001b').slice(1)
    expect(
      codes.filter(code => !/^\[\d+m/.test(code)),
      'nothing but colours',
    ).to.deep.equal([])
  })

  it('elsewhere is JSON, one line an entry', () => {
    const file = join(directory, 'log')
    openLog('info', file).info({ epoch: 3 }, 'certified')
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.include({ epoch: 3, msg: 'certified' })
  })
})
