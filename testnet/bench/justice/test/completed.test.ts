import { expect } from 'chai'
import { completed } from '../completed.js'
import type { CellResult, JusticeResult, JusticeRow } from '../result.js'

const ROW: JusticeRow = {
  ...{ outcome: 'verified', first: null, reason: null, reading: 1, passed: 1.4, megabytes: 2, seconds: 3 },
  ...{ lagMs: 0, pausedShare: 0, warned: false },
}
const cell = (name: string, of: CellResult['class'], row: Partial<JusticeRow> = {}, starved = 0): CellResult => ({
  ...{ name, class: of, mean: 1.4, rows: [{ ...ROW, ...row }], starved, failure: null, unavailable: null },
})
const result = (cells: readonly CellResult[], changes: Partial<JusticeResult> = {}): JusticeResult => ({
  ...{
    bench: 'justice',
    date: '',
    machine: '',
    seed: 's',
    claimKbps: 10_000,
    sessions: 1,
    calibration: [],
    parallel: 1,
  },
  ...{ cells, overruns: 1, cpuSeconds: 10, minutes: 2, ok: false, verdict: '' },
  ...changes,
})

describe('a justice run completed by another', () => {
  const control = cell('control', 'control')
  const slow = cell('slow-60', 'slow', { outcome: 'under' })

  it('takes the cells of the second run in place of those of the first, and judges all', () => {
    const first = result([control, slow, cell('steady', 'honest', {}, 9)])
    const whole = completed(first, result([control, cell('steady', 'honest')]))
    expect(whole.cells.map(({ name }) => name)).to.deep.equal(['control', 'slow-60', 'steady'])
    expect(whole.ok).to.equal(true)
    expect(whole.verdict).to.equal('PASS justice: 3 of 3 judged cells just')
    expect([whole.overruns, whole.cpuSeconds, whole.minutes]).to.deep.equal([2, 20, 4])
  })

  it('does not hide a fault of the first run that the second did not repeat', () => {
    const first = result([control, slow, cell('steady', 'honest', { outcome: 'under' })])
    expect(completed(first, result([control])).verdict).to.match(/^FAIL justice: .*1 not: steady/)
  })

  it('refuses results of other numbers of votes or another claim', () => {
    const first = result([control])
    expect(() => completed(first, result([control], { sessions: 2 }))).to.throw('sessions')
    expect(() => completed(first, result([control], { claimKbps: 1 }))).to.throw('claimKbps')
  })
})
