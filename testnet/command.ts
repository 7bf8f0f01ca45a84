/** `bandwitness testnet`: options, Ctrl-C, output and exit code of a run. */
import type { Argv, InferredOptionTypes } from 'yargs'
import { settings } from '../verifier/cli/settings.js'
import { UserError } from '../verifier/config/errors.js'
import type { TestnetEvent } from './network/events.js'
import { LiveView } from './network/live-view.js'
import type { TestnetOptions } from './network/options.js'
import { parseMix } from './network/parse-mix.js'
import { runTestnet } from './network/run.js'
import { PROVIDER_PROFILES, VERIFIER_PROFILES } from './profiles/profiles.js'

const MAX_NODES = 64
const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const profileList = Object.entries(PROVIDER_PROFILES)
  .map(([name, { takesFraction, describe }]) => `${name}${takesFraction ? '@F' : ''} (${describe})`)
  .join(', ')

const OPTIONS = {
  verifiers: {
    type: 'string',
    default: '5',
    describe: `a number, or profile=count,…: ${VERIFIER_PROFILES.join(', ')}`,
  },
  providers: {
    type: 'string',
    default: 'honest=2,throttled=1,offline=1',
    describe: `a number, or profile=count,…: ${profileList}`,
  },
  epochs: { type: 'number', describe: 'end after that many; without it, run until interrupted' },
  claim: { type: 'number', default: 25, describe: 'what every provider promises, Mbit/s' },
  capacity: {
    type: 'number',
    describe: 'what a verifier can take at once, Mbit/s; under 1.7 times the claim, groups of them measure together',
  },
  soaks: {
    type: 'boolean',
    default: false,
    describe: 'every session is a soak, which outlasts any bucket of credit; epochs take a minute or more',
  },
  seed: { type: 'string', describe: 'any text; fixes keys and what profiles draw. Random without it' },
  'data-dir': { type: 'string', describe: 'a new or empty directory for keys, databases and logs, which is kept' },
  keep: { type: 'boolean', default: false, describe: 'keep the temporary directory' },
  'api-port': { type: 'number', describe: "of the first verifier's API; 7380 without it, unless that is taken" },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const testnetOptions = (y: Argv): Argv<InferredOptionTypes<typeof OPTIONS>> => settings(y, OPTIONS)

/** @throws UserError 'promises-not-kept' when a profile's promise did not come true */
export async function testnet(flags: Flags): Promise<void> {
  const options = testnetOptionsFrom(flags)
  const interrupt = new AbortController()
  const onSignal = () => interrupt.abort() // a second one changes nothing: the run is ending already
  for (const name of INTERRUPTS) process.on(name, onSignal)
  const view = flags.json ? undefined : new LiveView(process.stdout)
  try {
    const result = await runTestnet(options, view ? event => view.show(event) : printJson, interrupt.signal)
    if (result.ok) return
    const logs = result.keptIn === null ? '' : ` The logs are in ${result.keptIn}.`
    throw new UserError('promises-not-kept', `${result.failures.join(' ')}${logs}`)
  } catch (error) {
    if (!interrupt.signal.aborted || error instanceof UserError) throw error
    throw new UserError('promises-not-kept', 'Interrupted before the network was up.', { cause: error })
  } finally {
    view?.close()
  }
}

/** @throws UserError 'usage' */
function testnetOptionsFrom(flags: Flags): TestnetOptions {
  const { epochs, claim } = flags
  if (epochs !== undefined && !(Number.isInteger(epochs) && epochs >= 1)) throw wrong('epochs', 'a whole number from 1')
  if (!(claim >= 1 && claim <= 10_000)) throw wrong('claim', 'a rate in Mbit/s from 1 to 10000')
  const { capacity } = flags
  if (capacity !== undefined && !(capacity >= 1 && capacity <= 100_000)) {
    throw wrong('capacity', 'a rate in Mbit/s from 1 to 100000')
  }
  const port = flags['api-port']
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) throw wrong('api-port', 'a port')
  const verifiers = parseMix(flags.verifiers, {
    option: 'verifiers',
    profiles: Object.fromEntries(VERIFIER_PROFILES.map(name => [name, false])),
    minimum: 4,
    maximum: MAX_NODES,
  })
  if (!verifiers.some(({ profile }) => profile === 'honest')) throw wrong('verifiers', 'at least one honest verifier')
  return {
    verifiers,
    providers: parseMix(flags.providers, {
      option: 'providers',
      profiles: Object.fromEntries(Object.entries(PROVIDER_PROFILES).map(([name, p]) => [name, p.takesFraction])),
      minimum: 1,
      maximum: MAX_NODES,
    }),
    epochs,
    claimKbps: Math.round(claim * 1000),
    capacityKbps: capacity === undefined ? undefined : Math.round(capacity * 1000),
    soaks: flags.soaks,
    seed: flags.seed ?? String(Math.floor(Math.random() * 1_000_000)),
    dataDir: flags['data-dir'],
    apiPort: port,
    keep: flags.keep,
  }
}

const wrong = (option: string, wanted: string) => new UserError('usage', `--${option} must be ${wanted}. See --help.`)

function printJson(event: TestnetEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}
