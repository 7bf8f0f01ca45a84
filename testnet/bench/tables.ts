/** `npm run bench -- tables FILE`: the tables of a run, put where its page in `docs/` has its markers. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { UserError } from '../../verifier/config/errors.js'
import type { CheatResult } from './cheat/result.js'
import { boundTables, cheatTables, groupTables } from './cheat/tables.js'
import type { DataplaneResult, SessionsResult } from './dataplane/results.js'
import { dataplaneTables, sessionsTables } from './dataplane/tables.js'
import { between } from './markdown.js'
import type { MeasureResult } from './measure/results.js'
import { measureTables } from './measure/tables.js'

type Result = MeasureResult | CheatResult | DataplaneResult | SessionsResult

/** Which page a run belongs to, and what stands there between which markers. @throws UserError 'usage' */
function tablesOf(result: Result): { readonly page: string; readonly tables: Readonly<Record<string, string>> } {
  switch (result.bench) {
    case 'measure':
      return { page: 'research/measurement.md', tables: { measure: measureTables(result) } }
    case 'cheat': {
      const tables = { bounds: boundTables(), groups: groupTables(), cheat: cheatTables(result) }
      return { page: 'research/cheats.md', tables }
    }
    case 'dataplane':
      return { page: 'research/data-plane.md', tables: { dataplane: dataplaneTables(result) } }
    case 'dataplane-sessions':
      return { page: 'research/data-plane.md', tables: { 'dataplane-sessions': sessionsTables(result) } }
    default:
      throw new UserError('usage', 'the file is of a bench that has no tables')
  }
}

export async function run(args: string[]): Promise<number> {
  const [file, ...more] = parseArgs({ args, allowPositionals: true }).positionals
  if (file === undefined || more.length > 0) throw new UserError('usage', 'usage: npm run bench -- tables FILE')
  const result = read(file)
  const { page, tables } = tablesOf(result)
  const path = fileURLToPath(new URL(`../../docs/${page}`, import.meta.url))
  const text = Object.entries(tables).reduce(
    (text, [name, table]) => between(text, name, table),
    readFileSync(path, 'utf8'),
  )
  writeFileSync(path, text)
  console.log(`docs/${page}: ${result.verdict}`)
  return 0
}

function read(file: string): Result {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Result
  } catch (error) {
    throw new UserError('usage', `${file}: ${(error as Error).message}; name the JSON file that a bench has written`)
  }
}
