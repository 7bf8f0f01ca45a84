/** `npm run bench -- tables FILE`: puts the tables of a run into the pages of `docs/` that hold their markers. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { UserError } from '../../verifier/config/errors.js'
import type { BlsResult } from './bls/result.js'
import { blsTables } from './bls/tables.js'
import type { MarketCheatResult } from './cheat/market/result.js'
import { marketCheatTables } from './cheat/market/tables.js'
import type { CheatResult } from './cheat/result.js'
import { boundTables, cheatTables, groupTables } from './cheat/tables.js'
import type { DataplaneResult, SessionsResult } from './dataplane/results.js'
import { dataplaneTables, sessionsTables } from './dataplane/tables.js'
import type { DecoysResult } from './decoys/result.js'
import { decoyBoundTables, decoysTables } from './decoys/tables.js'
import type { EscrowResult } from './escrow/result.js'
import { escrowTables } from './escrow/tables.js'
import type { JusticeResult } from './justice/result.js'
import { justiceTables } from './justice/tables.js'
import type { LanesResult } from './lanes/result.js'
import { lanesTables } from './lanes/tables.js'
import { between, holds } from './markdown.js'
import type { MeasureResult } from './measure/results.js'
import { measureTables } from './measure/tables.js'
import type { ScaleResult } from './scale/result.js'
import { scaleTables } from './scale/tables.js'
import { simPlots } from './sim/plots.js'
import type { SimResult } from './sim/result.js'
import { simTables } from './sim/tables.js'
import { type StoreResult, storeTable } from './store/result.js'
import type { TunnelResult } from './tunnel/result.js'
import { tunnelTables } from './tunnel/tables.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DOCS = join(ROOT, 'docs')

type Result =
  | MeasureResult
  | CheatResult
  | MarketCheatResult
  | JusticeResult
  | DataplaneResult
  | SessionsResult
  | DecoysResult
  | BlsResult
  | SimResult
  | StoreResult
  | EscrowResult
  | ScaleResult
  | LanesResult
  | TunnelResult

/** The tables of a run, each with the name of its markers. @throws UserError 'usage' */
function tablesOf(result: Result): Readonly<Record<string, string>> {
  switch (result.bench) {
    case 'measure':
      return { measure: measureTables(result) }
    case 'cheat':
      return { bounds: boundTables(), groups: groupTables(), cheat: cheatTables(result) }
    case 'cheat-market':
      return { 'cheat-market': marketCheatTables(result) }
    case 'justice':
      return { justice: justiceTables(result) }
    case 'dataplane':
      return { dataplane: dataplaneTables(result) }
    case 'dataplane-sessions':
      return { 'dataplane-sessions': sessionsTables(result) }
    case 'decoys':
      return { 'decoy-bounds': decoyBoundTables(), decoys: decoysTables(result) }
    case 'bls':
      return { bls: blsTables(result) }
    case 'sim':
      return { sim: simTables(result) }
    case 'store':
      return { store: storeTable(result) }
    case 'escrow':
      return { escrow: escrowTables(result) }
    case 'scale':
      return { scale: scaleTables(result) }
    case 'lanes':
      return { lanes: lanesTables(result) }
    case 'tunnel':
      return { tunnel: tunnelTables(result) }
    default:
      throw new UserError('usage', 'This file belongs to a bench that has no tables.')
  }
}

export async function run(args: string[]): Promise<number> {
  const [file, ...more] = parseArgs({ args, allowPositionals: true }).positionals
  if (file === undefined || more.length > 0) throw new UserError('usage', 'usage: npm run bench -- tables FILE')
  const result = read(file)
  writeTables(result)
  console.log(result.verdict)
  return 0
}

/** Puts the tables of a run, and its plots, into the pages. @throws UserError 'usage' for a run without tables */
export function writeTables(result: Result): void {
  for (const [name, table] of Object.entries(tablesOf(result))) {
    const path = pageWith(name)
    writeFileSync(path, between(readFileSync(path, 'utf8'), name, table))
    console.log(`${name}: written to ${relative(ROOT, path)}`)
  }
  const plots = result.bench === 'sim' ? simPlots(result) : {}
  for (const [file, svg] of Object.entries(plots)) writeFileSync(join(DOCS, 'research', file), svg)
}

/** @throws UserError 'usage' if no page has the markers */
function pageWith(name: string): string {
  const pages = readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.md'))
    .map(file => join(DOCS, file))
  const page = pages.find(path => holds(readFileSync(path, 'utf8'), name))
  if (page === undefined) throw new UserError('usage', `No page of docs/ has the markers of the table "${name}".`)
  return page
}

function read(file: string): Result {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Result
  } catch (error) {
    throw new UserError('usage', `${file} cannot be read (${(error as Error).message}). Name the JSON file of a bench.`)
  }
}
