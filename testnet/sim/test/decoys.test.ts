import { expect } from 'chai'
import { caughtAtLeast, caughtAtMost, missesToCatch } from '../decoy-bounds.js'
import { type Manner, runDecoys } from '../decoy-votes.js'
import { upperChance } from '../odds.js'

const SEED = 'decoys'
const RUNS = 30
const SHAPE = { decoys: 6, epochs: 2 }
const TASKS = 12
const HONEST = new Array<Manner>(9).fill('honest')

/** Of all runs, how often the first receiver was caught. */
const caughtRuns = (first: Manner, shape = SHAPE): number =>
  Array.from({ length: RUNS }, (_, run) =>
    runDecoys({ seed: `${SEED} ${run}`, ...shape, manners: [first, ...HONEST] }).caught.has(0),
  ).filter(Boolean).length

describe(`decoys in a simulated network (seed ${SEED})`, () => {
  it('catch who votes without measuring as often as the bound says, or more often', () => {
    const guessed = 0.75 * 0.99 // a copier is spared where its friend reads nothing
    for (const manner of ['lazy', 'copier', 'guesser', 'certified'] as const)
      expect(upperChance(caughtRuns(manner), RUNS), manner).to.be.at.least(caughtAtLeast(TASKS, 6, guessed))
  })

  it('catch no honest verifier, whatever accidents its readings have', () => {
    expect(caughtRuns('honest')).to.equal(0)
  })

  it('catch nobody at one decoy alone, and rarely at two with a single task each', () => {
    expect(caughtRuns('lazy', { decoys: 1, epochs: 12 })).to.equal(0)
    expect(caughtRuns('lazy', { decoys: 2, epochs: 1 }) / RUNS).to.be.within(0.35, 0.75)
    expect(caughtAtLeast(2, 2, 0.75)).to.be.closeTo(0.75 ** 2, 1e-12)
    expect(caughtAtLeast(12, 1, 0.75)).to.equal(0)
  })

  it('have bounds that grow with the misses, and catch at a third of the tasks', () => {
    expect([1, 2, 6, 7, 60].map(missesToCatch)).to.deep.equal([2, 2, 2, 3, 20])
    const chances = [0, 0.01, 0.1, 0.5, 1].map(chance => caughtAtMost(TASKS, chance))
    expect(chances).to.deep.equal(chances.toSorted((a, b) => a - b))
    expect([chances[0], chances.at(-1)]).to.deep.equal([0, 1])
  })

  it('give the same verdict for the same seed', () => {
    const manners: Manner[] = ['half', 'wary', 'bounding', ...HONEST]
    const run = () => runDecoys({ seed: SEED, ...SHAPE, manners })
    expect(run()).to.deep.equal(run())
  })
})
