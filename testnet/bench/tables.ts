/** `npm run bench -- tables FILE`: the tables of a run, put where `docs/measurement.md` has its markers. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { UserError } from '../../verifier/errors.js'
import { between, measureTables } from './markdown.js'
import type { MeasureResult } from './results.js'

const PAGE = fileURLToPath(new URL('../../docs/measurement.md', import.meta.url))

export async function run(args: string[]): Promise<number> {
  const [file, ...more] = parseArgs({ args, allowPositionals: true }).positionals
  if (file === undefined || more.length > 0) throw new UserError('usage', 'usage: npm run bench -- tables FILE')
  const result = JSON.parse(readFileSync(file, 'utf8')) as MeasureResult
  writeFileSync(PAGE, between(readFileSync(PAGE, 'utf8'), result.bench, measureTables(result)))
  console.log(`${PAGE}: ${result.verdict}`)
  return 0
}
