/** A few whole sessions of `bench justice`, over its own workers. */
import { expect } from 'chai'
import { CELLS } from '../cells.js'
import { Pool } from '../pool.js'
import { runCells } from '../run.js'

const TIMEOUT_MS = 300_000

describe('bench justice, sessions', function () {
  this.timeout(TIMEOUT_MS)
  let pool: Pool

  before(async () => {
    pool = await Pool.open()
  })
  after(() => pool.close())

  it('verify an honest line, and find a slow one', async function () {
    this.retries(2)
    const cells = CELLS.filter(({ name }) => ['steady', 'slow-60'].includes(name))
    const told: string[] = []
    const plan = { cells, sessions: 2, claimKbps: 10_000, seed: 'test' }
    const results = await runCells(pool, plan, 2, ({ name }) => told.push(name))
    expect([...told].sort()).to.deep.equal(['slow-60', 'steady'])
    const of = (name: string) => results.find(one => one.name === name)!.rows
    for (const { outcome, passed, warned } of of('steady')) {
      expect(outcome).to.equal('verified')
      expect(warned).to.equal(false)
      expect(passed).to.be.closeTo(1 / 0.7, 0.15)
    }
    for (const { outcome, reading, passed, warned } of of('slow-60')) {
      expect(outcome).to.equal('under')
      expect(warned).to.equal(true)
      expect(reading).to.be.closeTo(0.6, 0.06)
      expect(passed).to.be.closeTo(0.6, 0.06)
    }
  })

  it('say why a cell cannot run, and run the others', async function () {
    this.retries(2)
    const ipv6 = CELLS.filter(({ family }) => family === 6)
    const plan = { cells: ipv6, sessions: 4, claimKbps: 10_000, seed: 'test' } // one that is starved leaves no row
    const [result] = await runCells(pool, plan, 1, () => {})
    const outcomes = result!.rows.map(({ outcome }) => outcome)
    if (pool.noIpv6 === undefined) expect([...new Set(outcomes)]).to.deep.equal(['verified'])
    else expect(result).to.include({ unavailable: pool.noIpv6 })
  })
})
