import { expect } from 'chai'
import { decodeVote } from '../../../proto/vote.js'
import { CORE, type Rules } from '../../sim/rules.js'
import { linePlot } from '../line-plot.js'
import { CLAIM_KBPS, NETWORKS, type SimTask, tasksOf } from '../sim/plan.js'
import { simPlots } from '../sim/plots.js'
import { failuresOf, rowsOf } from '../sim/result.js'
import { runTask } from '../sim/run.js'
import { simTables } from '../sim/tables.js'

const SEED = 'bench sim'
const TINY = { epochs: 40, windows: 6 }

const tasks = tasksOf(TINY, SEED)
/** The smallest network, in which few epochs show much. */
const five = tasks.filter(({ network }) => network.name === '5 of 5')

function foundBy(of: readonly SimTask[], rules: Rules = CORE) {
  const runs = of.map(task => runTask(task, rules))
  const sum = (count: (run: (typeof runs)[number]) => number) => runs.reduce((total, run) => total + count(run), 0)
  const counts = { compared: sum(run => run.compared), differing: sum(run => run.differing) }
  return { rows: rowsOf(runs), ...counts }
}

describe(`bench sim (seed ${SEED})`, function () {
  this.timeout(240_000)
  let found: ReturnType<typeof foundBy>

  before(() => {
    found = foundBy(tasks)
  })

  it('finds no broken promise, and the same figures for the same seed', () => {
    expect(failuresOf(found)).to.deep.equal([])
    expect(found.compared).to.be.greaterThan(0)
    expect(foundBy(five).rows).to.deep.equal(found.rows.filter(({ network }) => network === '5 of 5'))
  })

  it('runs its epochs at each share, over all networks and runs', () => {
    const long = tasksOf({ epochs: 100_000, windows: 7 }, SEED)
    for (const share of [0, 0.33]) {
      const worlds = long.flatMap(task => task.worlds.filter(world => world.share === share))
      const honest = worlds.filter(({ behaviour, strategy }) => behaviour.name === 'honest' && strategy !== 'silence')
      const deflated = honest.filter(({ strategy }) => strategy === (share === 0 ? undefined : 'deflate'))
      expect(deflated.reduce((sum, { epochs }) => sum + epochs, 0)).to.equal(100_000)
      const vetoed = worlds.filter(
        ({ strategy, behaviour }) => strategy === 'veto' && behaviour.name === 'delivers 0.5',
      )
      expect(vetoed.reduce((sum, { epochs }) => sum + epochs, 0)).to.equal(share === 0 ? 0 : 7 * NETWORKS.length)
    }
  })

  it('notices if two breaches make a penalty', () => {
    const broken: Rules = {
      ...CORE,
      // As if every provider had a breach more than it has.
      evaluate: input => {
        const leaves = input.previous.leaves.map(leaf => ({ ...leaf, breachBits: leaf.breachBits | 0b1000 }))
        return CORE.evaluate({ ...input, previous: { ...input.previous, leaves } })
      },
    }
    expect(failuresOf(foundBy(five, broken)).join()).to.match(/slashed after 2 windows/)
  })

  it('notices if a quorum is one vote', () => {
    const broken: Rules = {
      ...CORE,
      // Of three receivers none may lie, so that one vote is enough; of five one may, and three votes are.
      evaluate: input => {
        const { assignment } = input
        return CORE.evaluate({
          ...input,
          assignment: { ...assignment, receiversOf: provider => assignment.receiversOf(provider).slice(0, 3) },
        })
      },
    }
    expect(failuresOf(foundBy(five, broken)).join()).to.match(/falsely slashed/)
  })

  it('notices if the rate is a mean, which one liar moves', () => {
    const broken: Rules = {
      ...CORE,
      evaluate: input => {
        const evaluation = CORE.evaluate(input)
        const rates = input.ballots.map(({ votes }) => Math.min(CLAIM_KBPS, decodeVote(votes).rateKbps))
        const rateKbps = Math.round(rates.reduce((sum, rate) => sum + rate, 0) / rates.length)
        return { ...evaluation, leaves: evaluation.leaves.map(leaf => ({ ...leaf, rateKbps })) }
      },
    }
    expect(failuresOf(foundBy(five, broken)).join()).to.match(/a bias of/)
  })

  it('notices if the leaves are not those of a node', () => {
    const broken: Rules = {
      ...CORE,
      evaluate: input => CORE.evaluate({ ...input, facts: { ...input.facts, epoch: input.facts.epoch + 1 } }),
    }
    expect(failuresOf(foundBy(five, broken)).join()).to.match(/other leaves/)
  })

  it('has a table cell for every world, and a plot of every kind', () => {
    const result = { ...found, bench: 'sim' as const, date: '2026-01-01', machine: 'a test', seed: SEED, depth: TINY }
    const tables = simTables({ ...result, minutes: 1, failures: [], verdict: 'PASS' })
    for (const { behaviour } of found.rows) expect(tables).to.include(behaviour)
    expect(tables).not.to.match(/NaN|undefined|Infinity/)
    for (const svg of Object.values(simPlots(found))) {
      for (const part of ['<svg ', '<polyline ', '<circle ', '</svg>']) expect(svg).to.include(part)
      expect(svg).not.to.match(/NaN|undefined|Infinity/)
    }
  })
})

describe('a plot', () => {
  it('puts points where their axes say, and leaves out what lies outside', () => {
    const svg = linePlot({
      ...{
        title: 'a < b',
        xLabel: 'x',
        yLabel: 'y',
        x: [0, 1],
        y: [1, 100],
        logarithmic: true,
        xTicks: [],
        yTicks: [],
      },
      yText: String,
      series: [
        {
          name: 'found',
          line: [],
          points: [
            [0, 1],
            [0.5, 10],
            [1, 100],
            [2, 5],
          ],
        },
      ],
    })
    const points = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)])
    const [low, middle, high] = points as [number[], number[], number[]]
    expect(points).to.have.length(4) // the last one is the legend's
    expect(middle[0]).to.be.closeTo((low[0]! + high[0]!) / 2, 0.1)
    expect(middle[1]).to.be.closeTo((low[1]! + high[1]!) / 2, 0.1)
    expect(low[1]).to.be.greaterThan(high[1]!)
    expect(svg).to.include('a &lt; b')
  })
})
