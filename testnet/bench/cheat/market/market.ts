/**
 * `npm run bench -- cheat --market`: providers and users that cheat one another over money, on test networks with a chain of
 * their own and a process for each node. The chain says what each was paid.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { UserError } from '../../../../verifier/config/errors.js'
import type { ResultEvent } from '../../../network/events.js'
import type { TestnetOptions } from '../../../network/options.js'
import { runTestnet } from '../../../network/run.js'
import { machineText } from '../../machine.js'
import { positive } from '../../numbers.js'
import { type CheatNetwork, CLAIM_KBPS, NETWORKS, optionsOf } from './networks.js'
import {
  completed,
  failuresOf,
  type MarketCheatResult,
  type NetworkResult,
  notesOf,
  rowsOf,
  verdictOf,
} from './result.js'
import { marketCheatTables } from './tables.js'

const OPTIONS = {
  seed: { type: 'string' },
  epochs: { type: 'string', default: '4' },
  only: { type: 'string' },
  into: { type: 'string' },
  json: { type: 'string', default: 'bench-cheat-market.json' },
} as const

export async function runMarketCheats(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const seed = values.seed ?? Math.random().toString(36).slice(2, 8)
  const epochs = Math.round(positive('epochs', values.epochs))
  const wanted = networksOf(values.only)
  const earlier = values.into === undefined ? undefined : earlierResult(values.into)
  console.log(`seed ${seed}`)
  const ran: NetworkResult[] = []
  for (const network of wanted) {
    const startMs = performance.now()
    const run = { name: network.name, result: await outcomeOf(optionsOf(network, `${seed}/${network.name}`, epochs)) }
    const found = { name: network.name, rows: rowsOf(run), failures: failuresOf(run), notes: notesOf(run) }
    ran.push({ ...found, minutes: (performance.now() - startMs) / 60_000 })
    console.log(`${network.name}: ${[...found.failures, ...found.notes].join(' ') || 'as it must be'}`)
  }
  const networks = completed(earlier?.networks ?? [], ran)
  const result: MarketCheatResult = {
    bench: 'cheat-market',
    date: new Date().toISOString(),
    machine: machineText(),
    ...{ seed, epochs, claimKbps: CLAIM_KBPS, networks, verdict: verdictOf(networks) },
  }
  writeFileSync(values.into ?? values.json, `${JSON.stringify(result, undefined, 1)}\n`)
  console.log(marketCheatTables(result))
  return networks.every(({ failures }) => failures.length === 0) ? 0 : 1
}

/** A whole network, to its end. Ctrl-C ends it, and what it started. */
async function outcomeOf(options: TestnetOptions): Promise<ResultEvent> {
  const interrupt = new AbortController()
  const stop = () => interrupt.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    const result = await runTestnet(options, () => {}, interrupt.signal)
    if (result.interrupted) throw new Error('interrupted')
    return result
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/** @throws UserError 'usage' */
function networksOf(only: string | undefined): readonly CheatNetwork[] {
  const found = NETWORKS.filter(({ name }) => only === undefined || name === only)
  if (found.length > 0) return found
  throw new UserError('usage', `--only ${only} is none of ${NETWORKS.map(({ name }) => name).join(', ')}.`)
}

/** @throws UserError 'usage' */
function earlierResult(file: string): MarketCheatResult {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as MarketCheatResult
  } catch (error) {
    throw new UserError('usage', `Cannot read ${file}: ${(error as Error).message}. Name a result of an earlier run.`)
  }
}
