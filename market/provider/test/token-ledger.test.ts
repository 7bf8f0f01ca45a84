/** Attack: a token is spent again after the provider has restarted, or after a crash cut its ledger short. */
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { TokenLedger } from '../token-ledger.js'

const input = (n: number) => new Uint8Array(32).fill(n)

describe('a token ledger', () => {
  let directory: string
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'bandwitness-ledger-')), 'tokens')
  })
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }))

  it('spends each token once, and once in each era', () => {
    const ledger = new TokenLedger(directory)
    expect([ledger.spend(3, input(1)), ledger.spend(3, input(1)), ledger.spend(3, input(2))]).to.deep.equal([
      true,
      false,
      true,
    ])
    expect(ledger.spend(4, input(1))).to.equal(true)
  })

  it('remembers after a restart what was spent, and what was issued to whom', () => {
    const before = new TokenLedger(directory)
    before.spend(3, input(1))
    before.issue(3, 'verifier-1', 8)
    before.issue(3, 'verifier-2', 1)
    before.issue(3, 'verifier-1', 4)
    const after = new TokenLedger(directory)
    expect(after.spend(3, input(1))).to.equal(false)
    expect([1, 2, 3].map(n => after.issuedTo(3, `verifier-${n}`))).to.deep.equal([12, 1, 0])
    expect(after.issuedTo(4, 'verifier-1')).to.equal(0)
  })

  it('reads all whole entries of a file that a crash cut short, and goes on behind them', () => {
    new TokenLedger(directory).spend(3, input(1))
    appendFileSync(join(directory, '3'), 'spent 0x0202')
    const after = new TokenLedger(directory)
    expect(after.spend(3, input(1))).to.equal(false)
    expect(after.spend(3, input(2))).to.equal(true)
    expect(new TokenLedger(directory).spend(3, input(2))).to.equal(false)
  })

  it('forgets the eras before one, also those of an earlier run, and no other file', () => {
    const ledger = new TokenLedger(directory)
    for (const era of [1, 2, 9, 10]) ledger.spend(era, input(1))
    writeFileSync(join(directory, 'notes'), '')
    const after = new TokenLedger(directory)
    after.drop(9)
    expect(readdirSync(directory).sort()).to.deep.equal(['10', '9', 'notes'])
    expect(after.spend(9, input(1))).to.equal(false)
  })
})
