/** The grid of `bench measure`, and its figures. */
import { expect } from 'chai'
import { UserError } from '../../../verifier/config/errors.js'
import { Curve } from '../../lab/curve.js'
import { between } from '../markdown.js'
import { planGrid } from '../measure/grid.js'
import { firstReading, medianOfSeconds } from '../measure/readings.js'
import type { CellResult, SessionRow } from '../measure/results.js'
import { limitOf, sessionRow, shortcomings, summarise, verdictOf } from '../measure/summary.js'
import { measureTables } from '../measure/tables.js'

const CELL = { rateKbps: 100_000, rttMs: 50, lossPercent: 1 }
const CALIBRATION = { linkKbps: 100_000, arrivedKbps: 100_000 }

const row = (error: number, more: Partial<SessionRow> = {}): SessionRow => ({
  outcome: 'verified',
  backend: 'mmsg',
  readingKbps: 100_000 * (1 + error),
  truthKbps: 100_000,
  linkKbps: 101_000,
  lostShare: 0.01,
  error,
  overruns: null,
  sendingMs: 700,
  seconds: 1.1,
  bytes: 8e6,
  ...more,
})
const cell = (sessions: SessionRow[], more: Partial<CellResult> = {}): CellResult => ({
  cell: CELL,
  calibration: CALIBRATION,
  limited: null,
  failure: null,
  sessions,
  tools: [],
  ...more,
})
/** A link that carries `kbps` from `fromMs` to `toMs`, looked at every 2 ms. */
function busyLink(kbps: number, fromMs: number, toMs: number): Curve {
  const curve = new Curve()
  for (let ms = 0; ms <= toMs + 500; ms += 2) {
    curve.push(ms, (Math.max(0, Math.min(ms, toMs) - fromMs) * kbps) / 8)
  }
  return curve
}

describe('bench measure', () => {
  describe('grid', () => {
    it('is the whole grid by default, with other tools in nine cells', () => {
      const plan = planGrid({})
      expect(plan).to.have.length(54 + 12)
      expect(plan.filter(({ peers }) => peers === 3)).to.have.length(9)
      expect(plan.every(({ repeat }) => repeat === 20)).to.equal(true)
    })

    it('has cells between 500 and 1000 Mbit/s, where sockets overrun', () => {
      for (const [quick, rates, count] of [
        [false, [600, 730, 850], 4],
        [true, [730], 2],
      ] as const) {
        const cells = planGrid({ quick }).map(({ cell }) => cell)
        for (const mbps of rates) {
          expect(cells.filter(({ rateKbps }) => rateKbps === mbps * 1000)).to.have.length(count)
        }
      }
    })

    it('keeps every other cell with --quick, with fewer repeats and three cells of other tools', () => {
      const plan = planGrid({ quick: true })
      expect(plan).to.have.length(54 + 2)
      expect(plan.filter(({ peers }) => peers === 1)).to.have.length(3)
      expect(planGrid({ quick: true, repeat: '7' })[0]).to.have.property('repeat', 7)
    })

    it('takes other cells from the options', () => {
      const plan = planGrid({ rates: '33', rtts: '0,80', losses: '0.5', peers: '0' })
      expect(plan.map(planned => planned.cell)).to.deep.equal([
        { rateKbps: 33_000, rttMs: 0, lossPercent: 0.5 },
        { rateKbps: 33_000, rttMs: 80, lossPercent: 0.5 },
      ])
    })

    for (const wrong of [{ rates: '' }, { rates: '10,x' }, { rtts: '-1' }, { losses: '60' }, { repeat: '0' }]) {
      it(`says what is wrong with ${JSON.stringify(wrong)}`, () =>
        expect(() => planGrid(wrong)).to.throw(UserError, `--${Object.keys(wrong)[0]}`))
    }
  })

  it('sums up errors by nearest rank', () => {
    const errors = Array.from({ length: 20 }, (_, i) => (i % 2 ? 1 : -1) * (i + 1) * 0.001)
    expect(summarise(errors).median).to.be.closeTo(0.0105, 1e-9)
    expect(summarise(errors).p95).to.be.closeTo(0.019, 1e-9)
    expect(summarise(errors).bias).to.be.closeTo(0.0005, 1e-9)
    expect(summarise([0.02])).to.deep.equal({ median: 0.02, p95: 0.02, bias: 0.02 })
  })

  it('reads as Proof of Backhaul and FlashFlow do', () => {
    const link = busyLink(8000, 100, 40_000)
    expect(firstReading(link, 100).kbps).to.be.closeTo(8000, 1)
    expect(firstReading(link, 0).kbps).to.equal(0)
    expect(medianOfSeconds(link, 100).kbps).to.be.closeTo(8000, 1)
    expect(medianOfSeconds(link, 16_000).kbps).to.be.closeTo(8000, 1)
    expect(medianOfSeconds(link, 30_000).kbps).to.equal(0)
  })

  it('calls a cell harness-limited when the shaper or the path behind it is off', () => {
    expect(limitOf(CELL, CALIBRATION)).to.equal(null)
    expect(limitOf(CELL, { linkKbps: 97_000, arrivedKbps: 97_000 })).to.include('97.0 Mbit/s')
    expect(limitOf(CELL, { linkKbps: 100_000, arrivedKbps: 90_000 })).to.include('90.0 Mbit/s arrive')
  })

  describe('truth', () => {
    const measurement = {
      rateKbps: 99_000,
      arrivedKbps: 99_000,
      verifiedKbps: 99_000,
      goodputKbps: 95_000,
      lossBps: 100,
      jitterUs: 10,
      offeredKbps: 180_000,
      windows: 8,
      durationMs: 400,
      receivedBytes: 7e6,
    }
    const session = (link: Curve, kind: 'verified' | 'at-least') => ({
      reading: {
        outcome: kind === 'verified' ? { kind, measurement } : { kind, measurement, reason: 'unstable' as const },
        startMs: 100,
        haltMs: 900,
        span: { fromMs: 475, toMs: 875 },
        backend: 'mmsg',
        tookMs: 1300,
        notes: [],
      },
      link,
      lostShare: 0.01,
      overruns: undefined,
    })

    it('is the rate of the link in the same interval, less the loss of the path', () => {
      const got = sessionRow(session(busyLink(100_000, 100, 900), 'verified') as never, CELL, CALIBRATION)
      expect(got.truthKbps).to.be.closeTo(99_000, 1)
      expect(got.error).to.be.closeTo(0, 1e-4)
      expect(got).to.include({ outcome: 'verified', sendingMs: 800, seconds: 1.3, bytes: 7e6 })
    })

    it('is the calibrated rate of the link if the link was not kept busy', () => {
      const got = sessionRow(session(busyLink(50_000, 100, 900), 'verified') as never, CELL, CALIBRATION)
      expect(got.linkKbps).to.equal(100_000)
    })

    it('counts an outcome without a rate as a reading of zero', () => {
      const got = sessionRow(session(busyLink(100_000, 100, 900), 'at-least') as never, CELL, CALIBRATION)
      expect(got).to.include({ outcome: 'at-least: unstable', readingKbps: null, error: -1 })
    })
  })

  describe('verdict', () => {
    it('passes cells that keep every promise', () => {
      expect(shortcomings(cell([row(0.001), row(-0.02)]), 2)).to.deep.equal(['median error 1.05 %'])
      expect(verdictOf([cell([row(0.001), row(-0.01)])], 1, 2)).to.have.property('ok', true)
    })

    it('names each broken promise', () => {
      const wrong = shortcomings(cell([row(0), row(0.05, { sendingMs: 1600, bytes: 9e7 })]), 2)
      expect(wrong).to.deep.equal([
        'median error 2.50 %',
        'P95 error 5.00 %',
        'data flowed for 1600 ms of at most 1510',
        '90 MB delivered',
      ])
    })

    it('fails missing cells and missing sessions, but not harness-limited cells', () => {
      const limited = cell([], { limited: 'the shaper lets 5 Mbit/s through' })
      expect(verdictOf([cell([row(0)]), limited], 2, 1)).to.have.property('ok', true)
      expect(verdictOf([cell([row(0)])], 2, 1).line).to.match(/^FAIL .*1 not measured/)
      expect(verdictOf([cell([row(0)])], 1, 2).line).to.match(/^FAIL .*100 Mbit\/s, 50 ms, 1 %/)
      expect(verdictOf([limited], 1, 1)).to.have.property('ok', false)
      expect(shortcomings(cell([row(0)], { failure: 'the shim has ended' }), 1)).to.deep.equal(['the shim has ended'])
    })
  })

  it('writes its tables between the markers of a page', () => {
    const run = { readingKbps: 95_000, truthKbps: 100_000, error: -0.05, seconds: 10, bytes: 1e8 }
    const tool = { tool: 'iperf3 BBR', rows: [run], failures: [] }
    const text = measureTables({
      bench: 'measure',
      date: '2026-11-24T00:00:00Z',
      machine: '2 × a processor',
      lab: 'namespaces',
      claimFactor: 1.1,
      cells: [
        cell([row(0.002), row(0.001)], { tools: [tool] }),
        cell([], { cell: { ...CELL, rateKbps: 1e6 }, limited: 'slow' }),
      ],
      minutes: 3,
      ok: true,
      verdict: 'PASS',
    })
    expect(text).to.include('| 100 Mbit/s | 0.15 / 0.20 |')
    expect(text).to.include('| 1000 Mbit/s | harness-limited |')
    expect(text).to.match(/\|\s+\| iperf3 BBR \| 5.00 \/ 5.00 \| -5.00 % \|/)
    const page = 'before\n<!-- measure: begin -->\nold\n<!-- measure: end -->\nafter\n'
    expect(between(page, 'measure', 'new')).to.equal(
      'before\n<!-- measure: begin -->\n\nnew\n\n<!-- measure: end -->\nafter\n',
    )
    expect(() => between('no markers', 'measure', 'new')).to.throw('no markers')
  })
})
