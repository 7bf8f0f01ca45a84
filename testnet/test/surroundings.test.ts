/** Faults of the machine, with the real command as a process of its own: a sentence, a documented exit code, no signal. */
import { mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ChildProcess } from '../process/child-process.js'
import { bandwitness, COMMAND, complaint, TIMEOUT_MS } from './support/command-line.js'

describe('a command on a machine that fails', function () {
  this.timeout(TIMEOUT_MS)
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-test-'))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))
  let passwords: string
  let password: string[]
  before(() => {
    passwords = mkdtempSync(join(tmpdir(), 'bandwitness-test-'))
    const file = join(passwords, 'password')
    writeFileSync(file, 'a long password')
    password = ['--password-file', file]
  })
  after(() => rmSync(passwords, { recursive: true }))

  it('makes no keys where none can be written whole', async () => {
    // Every write fails, as on a full disk: no file may grow.
    const init = [...COMMAND, 'provider', 'init', '--data-dir', join(directory, 'full'), ...password]
    const argv = ['sh', '-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"', 'sh', ...init]
    const child = ChildProcess.start({ name: 'init', argv })
    const { code, signal } = await child.endWithin(TIMEOUT_MS)
    expect([code, signal], child.said.join('\n')).to.deep.equal([6, null])
    expect(child.said.at(-1)).to.match(/^bandwitness: Cannot write .*keys\.json.*Nothing of it was written/)
    expect(readdirSync(join(directory, 'full'))).to.deep.equal([])
  })

  it('makes no keys where it can make no database, and keeps what was there', async () => {
    writeFileSync(join(directory, 'signing-record'), 'precious')
    const ended = await bandwitness(['verifier', 'init', '--data-dir', directory, ...password])
    expect(ended.code, ended.stderr).to.equal(6)
    expect(complaint(ended)).to.include('signing-record already')
    expect(readdirSync(directory)).to.deep.equal(['signing-record'])
    rmSync(join(directory, 'signing-record'))
    mkdirSync(join(directory, 'signing-record.partial'))
    expect((await bandwitness(['verifier', 'init', '--data-dir', directory, ...password])).code).to.equal(6)
    expect(readdirSync(directory)).to.deep.equal(['signing-record.partial'])
  })

  it('says which path cannot be used', async () => {
    const ended = await bandwitness(['provider', 'init', '--data-dir', '/dev/null/data', ...password])
    expect(ended.code, ended.stderr).to.equal(3)
    expect(complaint(ended)).to.include('/dev/null/data')
  })

  it('ends with its code where nobody can read why', async () => {
    const full = openSync('/dev/full', 'w')
    const argv = [...COMMAND, 'provider', 'init', '--data-dir', '/dev/null/data', ...password]
    const { code } = await ChildProcess.start({ name: 'init', argv, errors: full }).endWithin(TIMEOUT_MS)
    expect(code).to.equal(3)
  })

  it('ends with 1 on an error that nobody foresaw: details in the log, then a sentence that says where that is', async () => {
    const throwing =
      'process.on("newListener", name => { if (name === "uncaughtException") process.nextTick(() => { throw new TypeError("of\\na worker") }) })'
    const ended = await bandwitness(['reputation', '--api', 'http://127.0.0.1:3'], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(throwing)}`,
    })
    expect(ended.code, ended.stderr).to.equal(1)
    expect(complaint(ended)).to.match(
      /^bandwitness: Unexpected error: of a worker\. .*report it, with the log \(standard error\)/,
    )
    const [details, last] = ended.stderr.split('\n').slice(-2)
    expect(last).to.equal(complaint(ended))
    expect(JSON.parse(details!)).to.include({ level: 60, name: 'TypeError', error: 'of a worker' })
    expect(JSON.parse(details!).stack[0]).to.match(/^\s+at /)
  })
})
