/**
 * `npm run bench -- strangers`: 10,000 keys from 64 addresses try to fill an honest provider's sessions, connections,
 * streams and link, while verifiers measure it.
 */
import { parseArgs } from 'node:util'
import { machineText } from '../machine.js'
import { positive } from '../numbers.js'
import { failuresOf, medianKbps, percent } from './result.js'
import { runStrangers } from './run.js'

const OPTIONS = {
  claim: { type: 'string', default: '5' },
  keys: { type: 'string', default: '10000' },
  addresses: { type: 'string', default: '64' },
  sessions: { type: 'string', default: '12' },
  flood: { type: 'string', default: '5' },
} as const

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const startMs = performance.now()
  console.log(machineText())
  const found = await runStrangers(
    {
      claimKbps: 1000 * positive('claim', values.claim),
      keys: positive('keys', values.keys),
      addresses: positive('addresses', values.addresses),
      sessions: positive('sessions', values.sessions),
      flood: positive('flood', values.flood),
    },
    line => console.log(line),
  )
  const { alone, attacked, withoutClasses, claimKbps, openings, crowd } = found
  const read = (name: string, outcomes: typeof alone) => {
    const kinds = outcomes.map(outcome => {
      return 'measurement' in outcome ? `${outcome.kind} ${outcome.measurement.rateKbps}` : outcome.kind
    })
    console.log(`${name}: median ${percent(medianKbps(outcomes) / claimKbps)} of the claim (${kinds.join(', ')})`)
  }
  read('without strangers', alone)
  read('with strangers', attacked)
  read('with strangers, at a relay without classes', withoutClasses)
  console.log(`at the relay: ${JSON.stringify(openings)}`)
  console.log(`over real connections, in a process of their own: ${JSON.stringify(crowd)}`)
  const failures = failuresOf(found)
  const { user, system } = process.cpuUsage()
  const [seconds, cpuSeconds] = [(performance.now() - startMs) / 1000, (user + system) / 1e6]
  console.log(
    `${seconds.toFixed(0)} s, of which the provider and the verifiers used ${cpuSeconds.toFixed(0)} s of a core`,
  )
  console.log(failures.length === 0 ? 'PASS' : `FAIL: ${failures.join(' ')}`)
  return failures.length === 0 ? 0 : 1
}
