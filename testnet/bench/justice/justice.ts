/**
 * `npm run bench -- justice`: whole sessions over modelled lines, each reading and outcome beside the truth. A provider
 * whose line carries its claim must not be blamed, whatever its line does to datagrams, and one that delivers 60 % must be
 * found.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { UserError } from '../../../verifier/config/errors.js'
import { machineText } from '../machine.js'
import { positive } from '../numbers.js'
import { CELLS, type JusticeCell } from './cells.js'
import { completed } from './completed.js'
import { Pool } from './pool.js'
import { runRealCells } from './real-tcp.js'
import type { CellResult, JusticeResult } from './result.js'
import { calibrate, type JusticePlan, runCells, USED_SHARE, warmUp } from './run.js'
import { calibrationLine, cellLine, costLine, headLine } from './tables.js'
import { verdictOf } from './verdict.js'

const OPTIONS = {
  sessions: { type: 'string' },
  cells: { type: 'string' },
  claim: { type: 'string', default: '10' },
  parallel: { type: 'string' },
  quick: { type: 'boolean' },
  'real-tcp': { type: 'boolean' },
  seed: { type: 'string' },
  json: { type: 'string', default: 'bench-justice.json' },
  into: { type: 'string' },
} as const

const SESSIONS = { whole: '200', quick: '20' } as const

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const plan: JusticePlan = {
    cells: cellsOf(values.cells),
    sessions: positive('sessions', values.sessions ?? SESSIONS[values.quick ? 'quick' : 'whole']),
    claimKbps: 1000 * positive('claim', values.claim),
    seed: values.seed ?? Math.random().toString(36).slice(2, 8),
  }
  const earlier = values.into === undefined ? undefined : earlierResult(values.into)
  const pool = await Pool.open()
  try {
    console.log(`seed ${plan.seed}; ${pool.size} workers`)
    await warmUp(pool, plan)
    const wanted = values.parallel === undefined ? undefined : positive('parallel', values.parallel)
    const calibration = wanted ? [] : await calibrate(pool, plan, step => console.log(calibrationLine(step)))
    const parallel = wanted ?? Math.ceil(USED_SHARE * calibration.at(-1)!.parallel)
    // The calibration overruns sockets on purpose, and its sessions are no votes.
    const overrunsBefore = pool.overruns
    const cpuBefore = pool.cpuSeconds
    const startMs = performance.now()
    console.log(headLine())
    const tell = (cell: CellResult) => console.log(cellLine(cell))
    const modelled = await runCells(pool, plan, parallel, tell)
    const real = values['real-tcp'] ? await runRealCells(plan, tell) : []
    const cells = [...modelled, ...real]
    const { ok, line } = verdictOf(cells)
    const ran: JusticeResult = {
      bench: 'justice',
      date: new Date().toISOString(),
      machine: machineText(),
      seed: plan.seed,
      claimKbps: plan.claimKbps,
      sessions: plan.sessions,
      calibration,
      parallel,
      cells,
      overruns: overrunsBefore === undefined ? null : pool.overruns! - overrunsBefore,
      cpuSeconds: pool.cpuSeconds - cpuBefore,
      minutes: (performance.now() - startMs) / 60_000,
      ok,
      verdict: line,
    }
    const result = earlier === undefined ? ran : completed(earlier, ran)
    writeFileSync(values.into ?? values.json, `${JSON.stringify(result, undefined, 1)}\n`)
    console.log(costLine(result))
    console.log(result.verdict)
    return result.ok ? 0 : 1
  } finally {
    await pool.close()
  }
}

/** @throws UserError 'usage' */
function earlierResult(file: string): JusticeResult {
  try {
    const result = JSON.parse(readFileSync(file, 'utf8'))
    if (result?.bench === 'justice') return result
  } catch (error) {
    throw new UserError('usage', `Cannot read ${file}: ${(error as Error).message}. Name a result of an earlier run.`)
  }
  throw new UserError('usage', `${file} is no result of this bench. Name a result of an earlier run.`)
}

/**
 * @param list names of cells, or their beginnings, with commas between them (default: all). The control cell is always
 * among the cells.
 * @throws UserError 'usage'
 */
export function cellsOf(list: string | undefined): readonly JusticeCell[] {
  if (list === undefined) return CELLS
  const named = new Set(
    list.split(',').flatMap(name => {
      const found = CELLS.filter(cell => cell.name === name)
      const begun = found.length > 0 ? found : CELLS.filter(cell => cell.name.startsWith(name))
      if (name !== '' && begun.length > 0) return begun
      throw new UserError(
        'usage',
        `No cell is named "${name}". The cells are ${CELLS.map(cell => cell.name).join(', ')}.`,
      )
    }),
  )
  return CELLS.filter(cell => cell.class === 'control' || named.has(cell))
}
