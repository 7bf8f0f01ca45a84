/**
 * `npm run bench -- sim`: core's own rules in simulated time, over the share of verifiers that collude: false slashes, bias of
 * the certified rate, and time to slash. Needs no network.
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Piscina } from 'piscina'
import { workerFile } from '../../../proto/worker-file.js'
import { machineText } from '../machine.js'
import { positive } from '../numbers.js'
import { writeTables } from '../tables.js'
import { FULL, QUICK, type SimTask, tasksOf } from './plan.js'
import { failuresOf, rowsOf, type SimResult, verdictOf } from './result.js'
import type { RunFigures } from './run.js'
import { simTables } from './tables.js'

const OPTIONS = {
  seed: { type: 'string' },
  quick: { type: 'boolean', default: false },
  epochs: { type: 'string' },
  windows: { type: 'string' },
  threads: { type: 'string', default: `${availableParallelism()}` },
  write: { type: 'boolean', default: false },
  json: { type: 'string', default: 'bench-sim.json' },
} as const

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const startMs = performance.now()
  const seed = values.seed ?? Math.random().toString(36).slice(2, 8)
  const preset = values.quick ? QUICK : FULL
  const depth = {
    epochs: Math.round(positive('epochs', values.epochs ?? `${preset.epochs}`)),
    windows: Math.round(positive('windows', values.windows ?? `${preset.windows}`)),
  }
  console.log(`seed ${seed}: ${depth.epochs} epochs at each share, ${depth.windows} windows of each other world`)
  const runs = await runAll(tasksOf(depth, seed), Math.round(positive('threads', values.threads)))
  const rows = rowsOf(runs)
  const sum = (count: (run: RunFigures) => number) => runs.reduce((total, one) => total + count(one), 0)
  const found = { rows, compared: sum(({ compared }) => compared), differing: sum(({ differing }) => differing) }
  const failures = failuresOf(found)
  const result: SimResult = {
    ...{ bench: 'sim', date: new Date().toISOString(), machine: machineText(), seed, depth },
    ...{ minutes: (performance.now() - startMs) / 60_000, ...found, failures },
    verdict: verdictOf({ ...found, failures }),
  }
  writeFileSync(values.json, `${JSON.stringify(result, undefined, 1)}\n`)
  console.log(simTables(result))
  if (values.write) writeTables(result)
  console.log(result.verdict)
  return failures.length === 0 ? 0 : 1
}

async function runAll(tasks: readonly SimTask[], threads: number): Promise<RunFigures[]> {
  const { url, ...options } = workerFile(import.meta.url, 'worker-main')
  const pool = new Piscina<SimTask, RunFigures>({ filename: url.href, maxThreads: threads, ...options })
  let done = 0
  try {
    return await Promise.all(
      tasks.map(async task => {
        const figures = await pool.run(task)
        done++
        console.error(`${done} of ${tasks.length} runs: ${task.network.name}, seed ${task.seed}`)
        return figures
      }),
    )
  } finally {
    await pool.destroy()
  }
}
