/** Attack: a token is spent again after the provider has restarted, or after a crash cut its ledger short. */
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Logger } from 'pino'
import { TokenLedger } from '../token-ledger.js'

const input = (n: number) => new Uint8Array(32).fill(n)

describe('a token ledger', () => {
  let directory: string
  let said: string[]
  const open = () => {
    const say = (...[, text]: unknown[]) => void said.push(String(text))
    return new TokenLedger(directory, { warn: say, info: (text: string) => say({}, text) } as Pick<
      Logger,
      'warn' | 'info'
    >)
  }
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'bandwitness-ledger-')), 'tokens')
    said = []
  })
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }))

  it('spends each token once, and once in each era', () => {
    const ledger = open()
    expect([ledger.spend(3, input(1)), ledger.spend(3, input(1)), ledger.spend(3, input(2))]).to.deep.equal([
      true,
      false,
      true,
    ])
    expect(ledger.spend(4, input(1))).to.equal(true)
  })

  it('remembers after a restart what was spent, and what was issued to whom', () => {
    const before = open()
    before.spend(3, input(1))
    before.issue(3, 'verifier-1', 8)
    before.issue(3, 'verifier-2', 1)
    before.issue(3, 'verifier-1', 4)
    const after = open()
    expect(after.spend(3, input(1))).to.equal(false)
    expect([1, 2, 3].map(n => after.issuedTo(3, `verifier-${n}`))).to.deep.equal([12, 1, 0])
    expect(after.issuedTo(4, 'verifier-1')).to.equal(0)
  })

  it('reads all whole entries of a file that a crash cut short, and goes on behind them', () => {
    open().spend(3, input(1))
    appendFileSync(join(directory, '3'), '\nspent 0x0202')
    const after = open()
    expect(after.spend(3, input(1))).to.equal(false)
    expect(after.spend(3, input(2))).to.equal(true)
    expect(open().spend(3, input(2))).to.equal(false)
  })

  it('goes on where it cannot write, says so once, and writes later what waited', () => {
    const ledger = open()
    ledger.spend(3, input(1))
    rmSync(join(directory, '3'))
    mkdirSync(join(directory, '3')) // every write fails
    expect([ledger.spend(3, input(2)), ledger.spend(3, input(3)), ledger.spend(3, input(2))]).to.deep.equal([
      ...[true, true, false],
    ])
    expect(said).to.have.length(1)
    expect(said[0]).to.match(/ledger cannot be written.*Free some space/)
    rmdirSync(join(directory, '3'))
    ledger.issue(3, 'verifier-1', 2)
    expect(said).to.have.length(2)
    const after = open()
    expect([2, 3, 4].map(n => after.spend(3, input(n)))).to.deep.equal([false, false, true])
    expect(after.issuedTo(3, 'verifier-1')).to.equal(2)
  })

  it('forgets the eras before one, also those of an earlier run, and no other file', () => {
    const ledger = open()
    for (const era of [1, 2, 9, 10]) ledger.spend(era, input(1))
    writeFileSync(join(directory, 'notes'), '')
    const after = open()
    after.drop(9)
    expect(readdirSync(directory).sort()).to.deep.equal(['10', '9', 'notes'])
    expect(after.spend(9, input(1))).to.equal(false)
  })
})
