/**
 * `npm run bench -- lanes`: a relay whose link is loaded three times over. What does the lane get in each second, what do
 * sessions without a payment read, and how long do the datagrams of each class wait?
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { run as runCommand } from '../../process/commands.js'
import { startWatchdog } from '../../process/watchdog.js'
import { verdictOf } from '../criteria.js'
import { machineText } from '../machine.js'
import { positive } from '../numbers.js'
import { MIXES } from './plan.js'
import type { LanesResult, MixRow } from './result.js'
import { measureMix } from './rig.js'
import { lanesTables } from './tables.js'
import { criteriaOf } from './verdict.js'

const OPTIONS = {
  /** of each mix */
  seconds: { type: 'string', default: '60' },
  seed: { type: 'string' },
  json: { type: 'string', default: 'bench-lanes.json' },
} as const

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const seconds = Math.ceil(positive('seconds', values.seconds))
  const seed = values.seed ?? Math.random().toString(36).slice(2, 8)
  console.log(`seed ${seed}`)
  const watchdog = await startWatchdog()
  const rows: MixRow[] = []
  try {
    for (const mix of MIXES) {
      rows.push(await measureMix(mix, seconds, seed, watchdog))
      console.log(`${mix}: ${JSON.stringify(rows.at(-1)!.classes.lane.delayMs)} in the lane`)
    }
  } finally {
    await watchdog.close()
  }
  const criteria = criteriaOf(rows)
  const { ok, line } = verdictOf('lanes', criteria)
  const commit = await runCommand(['git', 'rev-parse', '--short', 'HEAD']).catch(() => 'unknown')
  const facts = { bench: 'lanes', date: new Date().toISOString(), machine: machineText(), commit } as const
  const result: LanesResult = { ...facts, seed, rows, criteria, ok, verdict: line }
  writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
  console.log(lanesTables(result))
  return ok ? 0 : 1
}
