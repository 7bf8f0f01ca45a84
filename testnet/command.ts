/** `bandwitness testnet`: the options, Ctrl-C, output and exit code of a run. */
import type { Argv, InferredOptionTypes } from 'yargs'
import { DEVNET } from '../proto/params.js'
import { settings } from '../verifier/cli/settings.js'
import { UserError } from '../verifier/config/errors.js'
import { composeCommand, type NodesFlags } from './compose/command.js'
import { CLIENT_PROFILES, type ClientProfile } from './market/client-profiles.js'
import type { TestnetEvent } from './network/events.js'
import { LiveView } from './network/live-view.js'
import type { TestnetOptions } from './network/options.js'
import { parseMix } from './network/parse-mix.js'
import { runTestnet } from './network/run.js'
import type { StageParts } from './network/run-stage.js'
import {
  downCommand,
  nodeCommand,
  revertCommand,
  snapshotCommand,
  statusCommand,
  warpCommand,
} from './network/running-commands.js'
import { PROVIDER_PROFILES, VERIFIER_PROFILES } from './profiles/profiles.js'
import { readScenario } from './scenario/read-scenario.js'
import type { Scenario } from './scenario/scenario.js'
import { Stage } from './scenario/stage.js'

const MAX_NODES = 64
const MAX_STRANGERS = 256
const MAX_EXITS = 4
const MAX_CLIENTS = 16
const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const profileList = Object.entries(PROVIDER_PROFILES)
  .map(([name, { takesFraction, describe }]) => `${name}${takesFraction ? '@F' : ''} (${describe})`)
  .join(', ')

const clientList = Object.entries(CLIENT_PROFILES)
  .map(([name, describe]) => `${name} (${describe})`)
  .join(', ')

const OPTIONS = {
  verifiers: {
    type: 'string',
    default: '5',
    describe: `Number of honest verifiers, or profile=count,… with the profiles ${VERIFIER_PROFILES.join(', ')}`,
  },
  providers: {
    type: 'string',
    default: 'honest=2,throttled=1,offline=1',
    describe: `Number of honest providers, or profile=count,… with the profiles ${profileList}`,
  },
  epochs: { type: 'number', describe: 'End after this many epochs (default: run until interrupted)' },
  claim: { type: 'number', default: 25, describe: 'Rate that every provider promises, in Mbit/s' },
  capacity: {
    type: 'number',
    describe:
      'Rate that each verifier can receive, in Mbit/s (default: ample); below 1.7 times the claim, groups of verifiers measure together',
  },
  soaks: {
    type: 'boolean',
    default: false,
    describe: 'Make every session a soak, long enough to empty a token bucket; an epoch takes a minute or more',
  },
  strangers: {
    type: 'number',
    default: 0,
    describe:
      'Strangers that attack the first honest provider: sessions, connections, and data at five times the claim',
  },
  exits: {
    type: 'number',
    default: 0,
    describe: 'Number of exits, which the first providers run; providers then have loopback addresses of their own',
  },
  clients: {
    type: 'string',
    describe: `Number of honest clients, or profile=count,… with the profiles ${clientList}; those that pay load 100 MB through the exits (default: none)`,
  },
  scenario: {
    type: 'string',
    describe:
      'File that says which nodes run, what goes wrong when, and what must come of it; it goes before --verifiers, --providers, --claim and --epochs',
  },
  seed: { type: 'string', describe: 'Any text; keys and the draws of profiles follow from it (default: random)' },
  'data-dir': {
    type: 'string',
    describe:
      'New or empty directory for keys, databases and logs; kept after the run (default: a temporary directory)',
  },
  keep: {
    type: 'boolean',
    default: false,
    describe:
      'Go on after the epochs until Ctrl-C or `testnet down`, let others join, and keep the temporary directory',
  },
  'api-port': { type: 'number', describe: 'API port of the first verifier (default: 7380, or any free port if taken)' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

/** Which nodes a network in containers has. */
const COMPOSED_OPTIONS = {
  verifiers: OPTIONS.verifiers,
  providers: { ...OPTIONS.providers, default: 'honest=2,throttled=1' },
  claim: OPTIONS.claim,
  seed: OPTIONS.seed,
} as const

const composedOptionsFrom = ({ verifiers, providers, claim, seed }: NodesFlags): TestnetOptions =>
  testnetOptionsFrom({
    ...{
      ...DEFAULTS,
      verifiers,
      providers,
      claim,
      seed,
      epochs: undefined,
      capacity: undefined,
      scenario: undefined,
      clients: undefined,
      keep: false,
    },
    ...{ 'data-dir': undefined, 'api-port': undefined },
  })

/** What holds for a run of which nothing is said. */
export const DEFAULTS = {
  verifiers: OPTIONS.verifiers.default,
  providers: OPTIONS.providers.default,
  claim: OPTIONS.claim.default,
  soaks: OPTIONS.soaks.default,
  strangers: OPTIONS.strangers.default,
  exits: OPTIONS.exits.default,
}

export const testnetOptions = (y: Argv): Argv<InferredOptionTypes<typeof OPTIONS>> => settings(y, OPTIONS)

/** Without a further command: run one. */
export const testnetCommands = (y: Argv): Argv =>
  y
    .command({
      command: '$0',
      describe: 'Run a whole network on this machine, and check what it certifies',
      builder: (run: Argv) => settings(run, OPTIONS),
      handler: testnet,
    })
    .command(statusCommand)
    .command(downCommand)
    .command(nodeCommand)
    .command(warpCommand)
    .command(snapshotCommand)
    .command(revertCommand)
    .command(composeCommand(COMPOSED_OPTIONS, composedOptionsFrom))

/**
 * @throws UserError 'promises-not-kept' if the chain does not show what a profile or a scenario promises, 'configuration' for
 * a scenario that cannot be used
 */
async function testnet(flags: Flags): Promise<void> {
  const scenario = flags.scenario === undefined ? undefined : readScenario(flags.scenario)
  const options = testnetOptionsFrom({ ...flags, ...(scenario && flagsOf(scenario)) })
  const openStage = scenario && ((parts: StageParts) => Stage.open(scenario, parts))
  const interrupt = new AbortController()
  const onSignal = () => interrupt.abort() // a second signal changes nothing: the run is already ending
  for (const name of INTERRUPTS) process.on(name, onSignal)
  const view = flags.json ? undefined : new LiveView(process.stdout)
  try {
    const show = view ? (event: TestnetEvent) => view.show(event) : printJson
    const result = await runTestnet(options, show, interrupt.signal, openStage)
    if (result.failures.length === 0) return
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
export function testnetOptionsFrom(flags: Flags): TestnetOptions {
  const { epochs, claim } = flags
  if (epochs !== undefined && !(Number.isInteger(epochs) && epochs >= 1))
    throw wrong('epochs', 'a whole number of at least 1')
  const least = DEVNET.minClaimKbps / 1000
  if (!(claim >= least && claim <= 10_000)) throw wrong('claim', `a rate in Mbit/s from ${least} to 10000`)
  const { capacity } = flags
  if (capacity !== undefined && !(capacity >= 1 && capacity <= 100_000)) {
    throw wrong('capacity', 'a rate in Mbit/s from 1 to 100000')
  }
  const { strangers } = flags
  if (!(Number.isInteger(strangers) && strangers >= 0 && strangers <= MAX_STRANGERS))
    throw wrong('strangers', `a whole number from 0 to ${MAX_STRANGERS}`)
  const port = flags['api-port']
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
    throw wrong('api-port', 'a port from 0 to 65535')
  const verifiers = parseMix(flags.verifiers, {
    option: 'verifiers',
    profiles: Object.fromEntries(VERIFIER_PROFILES.map(name => [name, false])),
    minimum: 4,
    maximum: MAX_NODES,
  })
  if (!verifiers.some(({ profile }) => profile === 'honest'))
    throw new UserError('usage', '--verifiers needs at least one honest verifier.')
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
    ...marketFrom(flags),
    strangers,
    seed: flags.seed ?? String(Math.floor(Math.random() * 1_000_000)),
    dataDir: flags['data-dir'],
    apiPort: port,
    keep: flags.keep,
  }
}

/** @throws UserError 'usage' */
function marketFrom({ exits, clients }: Pick<Flags, 'exits' | 'clients'>): Pick<TestnetOptions, 'exits' | 'clients'> {
  if (!(Number.isInteger(exits) && exits >= 0 && exits <= MAX_EXITS))
    throw wrong('exits', `a whole number from 0 to ${MAX_EXITS}`)
  if (clients === undefined) return { exits, clients: [] }
  if (exits === 0) throw new UserError('usage', '--clients needs an exit. Add --exits 1.')
  const profiles = Object.fromEntries(Object.keys(CLIENT_PROFILES).map(name => [name, false]))
  const mix = parseMix(clients, { option: 'clients', profiles, minimum: 1, maximum: MAX_CLIENTS })
  return { exits, clients: mix.map(({ profile }) => profile as ClientProfile) }
}

/** What the file says of the network; the flags hold for the rest. */
const flagsOf = ({ verifiers, providers, claim, epochs }: Scenario) => ({
  epochs,
  ...(verifiers !== undefined && { verifiers }),
  ...(providers !== undefined && { providers }),
  ...(claim !== undefined && { claim }),
})

const wrong = (option: string, wanted: string) => new UserError('usage', `--${option} must be ${wanted}.`)

function printJson(event: TestnetEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}
