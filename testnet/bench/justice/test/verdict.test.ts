/** What a run of `bench justice` says about its cells. */
import { expect } from 'chai'
import { UserError } from '../../../../verifier/config/errors.js'
import { seededRandom } from '../../../lab/line/random.js'
import { CELLS } from '../cells.js'
import { cellsOf } from '../justice.js'
import { linesOf } from '../lines.js'
import type { CellResult, JusticeRow } from '../result.js'
import { sessionsOf } from '../run.js'
import { cellLine, costLine, justiceTables, outcomesText } from '../tables.js'
import { faultOf, isStarved, limitOf, verdictOf } from '../verdict.js'

const row = (more: Partial<JusticeRow> = {}): JusticeRow => ({
  outcome: 'verified',
  first: null,
  reason: null,
  reading: 1,
  passed: 1.43,
  megabytes: 2,
  seconds: 1.5,
  lagMs: 3,
  pausedShare: 0.01,
  warned: false,
  ...more,
})
const rows = (count: number, more: Partial<JusticeRow> = {}): JusticeRow[] =>
  Array.from({ length: count }, () => row(more))
const cell = (of: CellResult['class'], some: readonly JusticeRow[], more: Partial<CellResult> = {}): CellResult => ({
  name: `a ${of} cell`,
  class: of,
  mean: 1.43,
  rows: some,
  starved: 0,
  failure: null,
  unavailable: null,
  ...more,
})
const LOW = { outcome: 'under', reading: 0.6, passed: 0.6 } as const
const WHOLE = [cell('control', rows(20)), cell('slow', rows(20, LOW)), cell('honest', rows(20))]

describe('bench justice', () => {
  it('has cells with names of their own, honest ones of claim/0.7 before loss, and each kind of line', () => {
    expect(new Set(CELLS.map(({ name }) => name)).size).to.equal(CELLS.length)
    for (const { name, class: of, meanShare } of CELLS) {
      if (of === 'honest') expect(meanShare, name).to.be.at.least(1)
      if (of === 'slow') expect(meanShare, name).to.be.at.most(0.6)
    }
    for (const one of CELLS) {
      const { in: ways } = linesOf(one, 10_000, 3, seededRandom(1))
      expect([0, 1, 3], one.name).to.include(ways.length)
    }
  })

  it('takes cells by name or by beginning, and always the control cell', () => {
    expect(cellsOf('steady').map(({ name }) => name)).to.deep.equal(['control', 'steady'])
    expect(cellsOf('slow-60').map(({ name }) => name)).to.deep.equal(['control', 'slow-60'])
    expect(cellsOf('delay').length).to.equal(5)
    for (const wrong of ['', 'nothing', 'steady,']) expect(() => cellsOf(wrong), wrong).to.throw(UserError, 'No cell')
  })

  describe('verdict', () => {
    it('passes a run in which nobody honest is blamed and the slow are found', () => {
      expect(verdictOf(WHOLE)).to.deep.equal({ ok: true, line: 'PASS justice: 3 of 3 judged cells just' })
    })

    for (const outcome of ['under', 'dead', 'refused', 'garbage', 'no-path']) {
      it(`fails an honest line that is ${outcome} once in 200`, () => {
        const blamed = cell('honest', [...rows(199), row({ outcome, reading: null })])
        expect(faultOf(blamed)).to.equal('blamed in 1 of 200')
        expect(verdictOf([...WHOLE, blamed]).line).to.match(/^FAIL .*1 not: a honest cell/)
      })
    }

    it('does not fail an honest line for outcomes that blame nobody', () => {
      const spared = cell('honest', [
        row({ outcome: 'at-least', reason: 'unstable' }),
        row({ outcome: 'no-data', reason: 'path-not-validated' }),
      ])
      expect(faultOf(spared)).to.equal(undefined)
    })

    it('fails a slow line that is found in fewer than 95 of 100', () => {
      expect(faultOf(cell('slow', [...rows(95, LOW), ...rows(5)]))).to.equal(undefined)
      expect(faultOf(cell('slow', [...rows(94, LOW), ...rows(6)]))).to.equal('found in 94 of 100')
      // A slow provider that seems dead gets away with it no less; the claim was to find it slow.
      expect(faultOf(cell('slow', rows(10, { outcome: 'dead' })))).to.equal('found in 0 of 10')
    })

    it('fails a household that takes the claim’s share, if the provider is not warned', () => {
      const warned = (count: number) =>
        cell('household', [...rows(count, { ...LOW, warned: true }), ...rows(20 - count, LOW)])
      expect(verdictOf([...WHOLE, warned(19)])).to.have.property('ok', true)
      expect(faultOf(warned(18))).to.equal('warned only in 18 of 20')
      expect(verdictOf([...WHOLE, warned(18)])).to.have.property('ok', false)
    })

    it('fails a contended line that is blamed while it had the claim, or unwarned while the household took it', () => {
      const took = { passed: 0.7, warned: true }
      const blamed = (more: Partial<JusticeRow>) => cell('contended', [...rows(19, took), row({ ...LOW, ...more })])
      expect(faultOf(cell('contended', [...rows(10, took), ...rows(10)]))).to.equal(undefined)
      expect(faultOf(blamed(took))).to.equal(undefined)
      expect(cellLine(blamed(took))).to.include('took a part of the claim in 20, blamed in 1, warned in 20')
      for (const passed of [1, 1.4, null]) {
        expect(faultOf(blamed({ passed }))).to.equal('blamed in 1 of 1 sessions that had the claim')
      }
      const warned = (count: number) =>
        cell('contended', [...rows(count, took), ...rows(20 - count, { ...took, warned: false }), ...rows(20)])
      expect(faultOf(warned(19))).to.equal(undefined)
      expect(faultOf(warned(18))).to.equal('warned only in 18 of 20')
    })

    it('fails a monitor that warns where nothing limits the line', () => {
      expect(faultOf(cell('control', [...rows(19), row({ warned: true })]))).to.equal('warned without cause in 1 of 20')
    })

    it('does not judge lines that it only reports', () => {
      const reported = cell('reported', rows(10, LOW))
      expect(verdictOf([...WHOLE, reported])).to.deep.equal({
        ok: true,
        line: 'PASS justice: 3 of 3 judged cells just',
      })
    })

    it('calls a starved cell harness-limited, and passes without it only if it is an honest one', () => {
      const limited = { starved: 20, rows: rows(20, LOW) }
      expect(limitOf(cell('honest', [], limited))).to.equal('the harness starved in 20 of 40 sessions')
      expect(limitOf(cell('honest', [], { ...limited, failure: 'no port' }))).to.match(/sessions \(no port\)$/)
      expect(verdictOf([...WHOLE, cell('honest', [], limited)])).to.have.property('ok', true)
      expect(verdictOf([...WHOLE, cell('slow', [], limited)])).to.have.property('ok', false)
      expect(verdictOf([...WHOLE, cell('control', [], limited)])).to.have.property('ok', false)
    })

    it('fails a run without a cell, or with a cut control cell', () => {
      expect(verdictOf([])).to.have.property('ok', false)
      expect(verdictOf([cell('control', [row({ reading: 0.9 })])]).line).to.include('not: a control cell')
    })

    it('counts what the harness itself did as starved', () => {
      expect(isStarved(row())).to.equal(false)
      expect(isStarved(row({ lagMs: 101 }))).to.equal(true)
      expect(isStarved(row({ lagMs: 150, seconds: 8 }))).to.equal(false)
      expect(isStarved(row({ lagMs: 250, seconds: 8 }))).to.equal(true)
      expect(isStarved(row({ pausedShare: 0.21 }))).to.equal(true)
      expect(isStarved(row({ outcome: 'no-data', reason: 'receiver-fault' }))).to.equal(true)
      expect(isStarved(row({ outcome: 'at-least', reason: 'sender-limited' }))).to.equal(true)
      expect(isStarved(row({ outcome: 'at-least', reason: 'path-limited' }))).to.equal(false)
    })
  })

  it('counts the warnings of the providers whose monitors it saw', () => {
    const seen = cell('household', [...rows(2, { warned: true }), row(), row({ warned: null })])
    expect(cellLine(seen)).to.include(' 2 of 3 ')
    expect(cellLine(cell('honest', rows(2, { warned: null })))).not.to.include(' of ')
  })

  it('runs fewer sessions of a cell that it only reports', () => {
    expect(sessionsOf({ class: 'reported' }, 200)).to.equal(20)
    expect(sessionsOf({ class: 'reported' }, 6)).to.equal(6)
    for (const of of ['control', 'honest', 'contended', 'slow', 'household'] as const) {
      expect(sessionsOf({ class: of }, 200)).to.equal(200)
    }
  })

  it('prints readings and outcomes beside the truth', () => {
    const some = cell('honest', [
      ...rows(3),
      row({ ...LOW, first: 'under', reading: 0.7 }),
      row({ outcome: 'no-data', reason: 'senders-missing', reading: null, passed: null }),
    ])
    expect(outcomesText(some.rows)).to.equal('verified 3, under 1, no-data: senders-missing 1')
    expect(cellLine(some)).to.match(
      /^a honest cell +honest +1\.43 +1\.43 +1\.00 +0\.70 +under 1 +verified 3, .* 0 of 5 +blamed in 1 of 5$/,
    )
    expect(cellLine(cell('control', [], { mean: null, unavailable: 'no addresses' }))).to.match(
      / wide .* no addresses$/,
    )
    const cost = { cells: [some], cpuSeconds: 2.5, minutes: 0.5, overruns: 0 }
    expect(costLine(cost)).to.equal(
      '5 votes in 0.5 minutes: 1.5 s, 2.0 MB and 0.50 core-seconds each; sockets had no room for 0 datagrams',
    )
    const text = justiceTables({
      ...cost,
      bench: 'justice',
      date: '2026-11-24T00:00:00Z',
      machine: '2 × a processor',
      seed: 'a',
      claimKbps: 10_000,
      sessions: 5,
      calibration: [],
      parallel: 6,
      ok: false,
      verdict: 'FAIL',
    })
    expect(text).to.include('| a honest cell | honest | 1.43 | 1.43 | 1.00 | 0.70 | under 1 |')
  })
})
