/**
 * `npm run bench -- scale`: what a network's size costs a node: assignment, report and memory beside bare hashes, the messages
 * and the time of an agreement, signatures beside the library called directly, and the API. Each size has a process of its own.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { UserError } from '../../../verifier/config/errors.js'
import { measureBls } from '../bls/bls.js'
import { inChild } from '../in-child.js'
import { machineText } from '../machine.js'
import { positive } from '../numbers.js'
import { writeTables } from '../tables.js'
import { measureApi } from './api.js'
import { checkCosts } from './check-costs.js'
import type { CoreRow } from './core-row.js'
import { type Found, NOTHING_FOUND, type ScaleResult, verdictOf, withApi, withCore } from './result.js'
import { type CoreSize, isApi, type NetworkSize, sizesOf, WINDOWS } from './sizes.js'
import { scaleTables } from './tables.js'

const OPTIONS = {
  verifiers: { type: 'string' },
  providers: { type: 'string' },
  seed: { type: 'string' },
  quick: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  json: { type: 'string', default: 'bench-scale.json' },
} as const

/** Signatures in each way and round, and rounds. `bench bls` takes more. */
const SIGNATURES = { quick: { count: 256, rounds: 5 }, full: { count: 512, rounds: 9 } }

export const measureCore = (size: CoreSize): Promise<CoreRow> =>
  inChild<CoreSize, CoreRow>(import.meta.url, './core-main.js', size)

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const list = (option: 'verifiers' | 'providers') =>
    values[option]?.split(',').map(text => Math.max(1, Math.round(positive(option, text)))) ?? []
  const asked = { verifiers: list('verifiers'), providers: list('providers'), quick: values.quick }
  const isPart = asked.verifiers.length + asked.providers.length > 0
  const seed = values.seed ?? Math.random().toString(36).slice(2, 8)
  const earlier = isPart ? read(values.json) : NOTHING_FOUND

  const keep = (found: Found): ScaleResult => {
    const result: ScaleResult = { bench: 'scale', machine: machineText(), ...found, verdict: verdictOf(found) }
    writeFileSync(values.json, `${JSON.stringify(result, null, 1)}\n`)
    return result
  }
  let result = keep(earlier.bls === undefined ? await withSignatures(earlier, seed, values.quick) : earlier)
  for (const size of sizesOf(asked)) result = await measured(size, result, keep)
  console.log(scaleTables(result))
  if (values.write) writeTables(result)
  console.log(result.verdict)
  return result.verdict.startsWith('PASS') ? 0 : 1
}

async function withSignatures(found: Found, seed: string, quick: boolean): Promise<Found> {
  console.error(`signatures, seed ${seed}`)
  const { count, rounds } = SIGNATURES[quick ? 'quick' : 'full']
  const bls = await measureBls(seed, count, rounds)
  return { ...found, bls, costs: checkCosts(bls) }
}

async function measured(
  size: NetworkSize,
  found: ScaleResult,
  keep: (found: Found) => ScaleResult,
): Promise<ScaleResult> {
  let result = found
  const name = `${size.verifiers} × ${size.providers}`
  for (const windowEpochs of WINDOWS) {
    console.error(`${name}, windows of ${windowEpochs}: assignment and report`)
    result = keep(withCore(result, await measureCore({ ...size, windowEpochs })))
  }
  if (!isApi(size)) return result
  console.error(`${name}: API`)
  return keep(withApi(result, await measureApi(size)))
}

/** The run that this one goes on with. @throws UserError 'usage' for a run of another machine */
function read(path: string): Found {
  if (!existsSync(path)) return NOTHING_FOUND
  const earlier = JSON.parse(readFileSync(path, 'utf8')) as ScaleResult
  if (earlier.bench === 'scale' && earlier.machine === machineText()) return earlier
  throw new UserError('usage', `${path} is of another bench or machine. Name another file with --json.`)
}
