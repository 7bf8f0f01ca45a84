/**
 * The long end-to-end acceptance, driven from outside: `npm run accept`. It starts networks with the README's command,
 * asks their chain with a client of its own, kills nodes, and prints what it saw and what each point cost.
 */
import { parseArgs } from 'node:util'
import { type AcceptOptions, Checks, type Point } from './acceptance/checks.js'
import { promises } from './acceptance/point-1-promises.js'
import { seeds } from './acceptance/point-2-seeds.js'
import { silence } from './acceptance/point-3-silence.js'
import { kills } from './acceptance/point-4-kills.js'
import { late } from './acceptance/point-5-late.js'
import { groups } from './acceptance/point-6-groups.js'
import { soaks } from './acceptance/point-7-soaks.js'
import { equivocation } from './acceptance/point-8-equivocation.js'
import { twice } from './acceptance/point-9-twice.js'
import { captured } from './acceptance/point-10-captured.js'
import { scenarios } from './acceptance/point-11-scenarios.js'
import { answers } from './acceptance/point-12-answers.js'
import { invariants } from './acceptance/point-13-invariants.js'

const POINTS: readonly Point[] = [
  promises,
  seeds,
  silence,
  kills,
  late,
  groups,
  soaks,
  equivocation,
  twice,
  captured,
  scenarios,
  answers,
  invariants,
]
const USAGE = 'npm run accept -- [--only 1,3] [--except 2] [--full]'
const OPTIONS = {
  /** Numbers of points (default: all). */
  only: { type: 'string' },
  /** Numbers of points to leave out (default: none). */
  except: { type: 'string' },
  /**
   * Takes what CI has no time for: in point 1 a high claim on however few cores, in point 2 more seeds, in point 7 a second
   * epoch, and in point 11 all scenarios.
   */
  full: { type: 'boolean', default: false },
} as const
const SEEDS = { usual: 1, full: 10 } as const
const print = (line: string) => console.log(line)

interface Outcome {
  readonly point: Point
  readonly passed: boolean
  readonly seconds: number
}

process.exitCode = await main()

async function main(): Promise<number> {
  const plan = planOf(process.argv.slice(2))
  if (!plan) {
    print(`usage: ${USAGE}, with points from 1 to ${POINTS.length}`)
    return 2
  }
  print(`on Node ${process.version}`)
  const outcomes: Outcome[] = []
  for (const point of plan.points) outcomes.push(await outcomeOf(point, plan.options))
  const failed = outcomes.filter(({ passed }) => !passed).map(({ point }) => point.number)
  const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0)
  const costs = outcomes.map(({ point, seconds }) => `point ${point.number} ${seconds.toFixed(0)} s`)
  print(`cost: ${[...costs, `in all ${seconds.toFixed(0)} s`].join(', ')}`)
  const passed = outcomes.length - failed.length
  print(`${passed} passed, ${failed.length} failed${failed.length ? `: ${failed.join(', ')}` : ''}`)
  return failed.length === 0 ? 0 : 1
}

/** Undefined if the options make no sense. */
function planOf(args: string[]): { readonly points: readonly Point[]; readonly options: AcceptOptions } | undefined {
  try {
    const { only, except, full } = parseArgs({ args, options: OPTIONS }).values
    const wanted = only?.split(',').map(Number) ?? POINTS.map(({ number }) => number)
    const left = except?.split(',').map(Number) ?? []
    const points = POINTS.filter(({ number }) => wanted.includes(number) && !left.includes(number))
    return points.length > 0 && points.length === wanted.length - left.length
      ? { points, options: { full, seeds: full ? SEEDS.full : SEEDS.usual } }
      : undefined
  } catch {
    return undefined // `parseArgs` does not know an option
  }
}

async function outcomeOf(point: Point, options: AcceptOptions): Promise<Outcome> {
  print(`point ${point.number}: ${point.title}`)
  const startMs = performance.now()
  const checks = new Checks(print)
  try {
    await point.run(checks, options)
  } catch (error) {
    checks.that(false, 'the point runs to its end', error instanceof Error ? error.message : String(error))
  }
  const passed = checks.failed === 0 && checks.held > 0
  const seconds = (performance.now() - startMs) / 1000
  const verdict = `${passed ? 'PASS' : 'FAIL'} point ${point.number}`
  print(`${verdict}: ${checks.held} held, ${checks.failed} failed, ${seconds.toFixed(0)} s`)
  return { point, passed, seconds }
}
