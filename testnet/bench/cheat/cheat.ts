/**
 * `npm run bench -- cheat`: providers that cheat, over the share of verifiers that collude with them. Real sessions give the
 * readings of each cheat. Windows drawn from these sessions, through the real assignment and evaluation, give its gain.
 * `--market` has providers and users that cheat one another instead: see market/market.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { UserError } from '../../../verifier/config/errors.js'
import { machineText } from '../machine.js'
import { positive } from '../numbers.js'
import { runMarketCheats } from './market/market.js'
import { type CheatResult, failuresOf, verdictOf } from './result.js'
import { runCheats } from './run.js'
import { boundTables, cheatTables } from './tables.js'

const OPTIONS = {
  seed: { type: 'string' },
  claim: { type: 'string', default: '25' },
  sessions: { type: 'string', default: '12' },
  windows: { type: 'string', default: '200' },
  receivers: { type: 'string', default: '31' },
  verifiers: { type: 'string', default: '64' },
  noise: { type: 'string' },
  json: { type: 'string', default: 'bench-cheat.json' },
} as const

const SENDERS = 3

const MARKET = '--market'

export async function run(args: string[]): Promise<number> {
  if (args.includes(MARKET)) return runMarketCheats(args.filter(arg => arg !== MARKET))
  const { values } = parseArgs({ args, options: OPTIONS })
  const seed = values.seed ?? Math.random().toString(36).slice(2, 8)
  const startMs = performance.now()
  const claimKbps = 1000 * positive('claim', values.claim)
  const committee = {
    receivers: positive('receivers', values.receivers),
    senders: SENDERS,
    verifiers: positive('verifiers', values.verifiers),
  }
  if (committee.receivers > committee.verifiers)
    throw new UserError('usage', '--receivers must not exceed --verifiers.')
  const windows = positive('windows', values.windows)
  console.log(`seed ${seed}`)
  console.log(boundTables())
  const findings = await runCheats(
    {
      seed,
      claimKbps,
      windows,
      committee,
      sessions: positive('sessions', values.sessions),
      errors: values.noise === undefined ? undefined : errorsFrom(values.noise),
    },
    line => console.log(line),
  )
  const partial = {
    bench: 'cheat' as const,
    date: new Date().toISOString(),
    machine: machineText(),
    ...{ seed, claimKbps, windows, committee },
    ...findings,
    minutes: (performance.now() - startMs) / 60_000,
  }
  const failures = failuresOf(partial)
  const result: CheatResult = { ...partial, failures, verdict: verdictOf({ ...partial, failures }) }
  writeFileSync(values.json, `${JSON.stringify(result, undefined, 1)}\n`)
  console.log(cheatTables(result))
  console.log(result.verdict)
  return failures.length === 0 ? 0 : 1
}

/** Reads the errors from a run's JSON file, or from a bare list. */
function errorsFrom(file: string): readonly number[] {
  const content = JSON.parse(readFileSync(file, 'utf8')) as readonly number[] | Pick<CheatResult, 'errors'>
  return 'errors' in content ? content.errors : content
}
