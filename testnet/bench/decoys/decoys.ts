/** `npm run bench -- decoys`: how often decoys catch verifiers that do not measure, and such that do. Needs no network. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { positive } from '../numbers.js'
import { simulateDecoys } from './result.js'
import { decoyBoundTables, decoysTables } from './tables.js'

const OPTIONS = {
  seed: { type: 'string' },
  runs: { type: 'string', default: '300' },
  json: { type: 'string', default: 'bench-decoys.json' },
} as const

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const seed = values.seed ?? Math.random().toString(36).slice(2, 8)
  console.log(`seed ${seed}`)
  console.log(decoyBoundTables())
  const result = simulateDecoys({ seed, runs: Math.round(positive('runs', values.runs)) })
  writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
  console.log(decoysTables(result))
  return result.verdict.startsWith('PASS') ? 0 : 1
}
