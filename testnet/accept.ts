/**
 * The long end-to-end acceptance, driven from outside: `npm run accept`. It starts networks with the README's command,
 * asks their chain with a client of its own, kills nodes, and says what it saw.
 */
import { parseArgs } from 'node:util'
import { Checks, type Point } from './acceptance/checks.js'
import { promises } from './acceptance/point-1-promises.js'
import { seeds } from './acceptance/point-2-seeds.js'
import { silence } from './acceptance/point-3-silence.js'
import { kills } from './acceptance/point-4-kills.js'
import { late } from './acceptance/point-5-late.js'
import { groups } from './acceptance/point-6-groups.js'
import { soaks } from './acceptance/point-7-soaks.js'

const POINTS: readonly Point[] = [promises, seeds, silence, kills, late, groups, soaks]
const USAGE = 'npm run accept -- [--only 1,3] [--seeds 10]'
const print = (line: string) => console.log(line)

process.exitCode = await main()

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, seeds: { type: 'string', default: '10' } } })
  const wanted = values.only?.split(',').map(Number) ?? POINTS.map(point => point.number)
  const points = POINTS.filter(point => wanted.includes(point.number))
  const count = Number(values.seeds)
  if (points.length !== wanted.length || !Number.isInteger(count) || count < 1) {
    print(`usage: ${USAGE}; there are points 1 to ${POINTS.length}`)
    return 2
  }
  const failed: number[] = []
  for (const point of points) {
    if (!(await passes(point, count))) failed.push(point.number)
  }
  print(
    `${points.length - failed.length} passed, ${failed.length} failed${failed.length ? `: ${failed.join(', ')}` : ''}`,
  )
  return failed.length === 0 ? 0 : 1
}

async function passes(point: Point, seedCount: number): Promise<boolean> {
  print(`point ${point.number}: ${point.title}`)
  const startMs = performance.now()
  const checks = new Checks(print)
  try {
    await point.run(checks, { seeds: seedCount })
  } catch (error) {
    checks.that(false, 'it runs to its end', error instanceof Error ? error.message : String(error))
  }
  const passed = checks.failed === 0 && checks.held > 0
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0)
  print(`${passed ? 'PASS' : 'FAIL'} point ${point.number}: ${checks.held} held, ${checks.failed} failed, ${seconds} s`)
  return passed
}
