/**
 * `npm run guides`: types every command of the three guides as a new user would, at a terminal, in a copy of the checkout. It
 * runs in network and mount namespaces of its own, so that the commands stand as on the page: their ports are free, their
 * addresses are loopback's, and `pool.ntp.org` is a time server of this process. Takes about 25 minutes.
 */
import '../proto/polyfill.js'
import { parseArgs } from 'node:util'
import { TestnetRun } from './acceptance/testnet-run.js'
import { developers } from './guides/developers.js'
import { nodeOperators } from './guides/node-operators.js'
import { enterRoom, isInside, Room } from './guides/room.js'
import { validators } from './guides/validators.js'
import { type Guide, Walk } from './guides/walk.js'
import { Workshop } from './guides/workshop.js'
import { World } from './guides/world.js'
import { startWatchdog, type Watchdog } from './process/watchdog.js'

/** The first verifier's API must not take the port that a reader's own node takes. */
const NETWORK = ['--keep', '--verifiers', '4', '--providers', 'honest=1,throttled=1', '--api-port', '7390']
const LOOPBACK = '127.0.0.1'
const PASSWORD = 'a password for guides'
const ANSWERS = [
  [/(password for the keys|password again|Password of [^\n]*): $/, PASSWORD],
  [/\[y\/N\] $/, 'y'],
] as const

interface Place {
  readonly room: Room
  /** Where the reader keeps things. */
  readonly home: string
  readonly watchdog: Watchdog
}

const GUIDES: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  validators: place => join(place, validators),
  'node-operators': place => join(place, nodeOperators),
  developers: async place => {
    const workshop = await Workshop.open(place.home, place.watchdog)
    const words = { URL: workshop.rpcUrl, KEYFILE: workshop.keyFile, FILE: workshop.settings }
    await walk<Workshop>(place, words)
      .through(developers, workshop)
      .finally(() => workshop.close())
  },
}
const USAGE = `npm run guides -- [--only ${Object.keys(GUIDES).join(',')}]`

const names = namesOf(process.argv.slice(2))
if (names === undefined) {
  console.error(`usage: ${USAGE}`)
  process.exitCode = 2
} else process.exitCode = isInside() ? await walkThrough(names) : await enterRoom()

/** Undefined if the options make no sense. */
function namesOf(args: string[]): string[] | undefined {
  try {
    const { only } = parseArgs({ args, options: { only: { type: 'string' } } }).values
    const names = only?.split(',') ?? Object.keys(GUIDES)
    return names.every(name => name in GUIDES) ? names : undefined
  } catch {
    return undefined // `parseArgs` does not know an option
  }
}

async function walkThrough(names: readonly string[]): Promise<number> {
  const watchdog = await startWatchdog()
  const room = await Room.open()
  let whole = 0
  for (const name of names) {
    console.log(`${name}.md`)
    try {
      await GUIDES[name]!({ room, home: room.place(name), watchdog })
      whole++
    } catch (error) {
      console.log(`  FAIL ${(error as Error).message}`)
    }
  }
  room.close()
  await watchdog.close()
  console.log(`${whole} of ${names.length} guides work from the first command to the last`)
  return whole === names.length ? 0 : 1
}

/** Somebody joins a network that runs. */
function join(place: Place, guide: Guide<World>): Promise<void> {
  return TestnetRun.with(NETWORK, async run => {
    const world = await World.open(run, place.home)
    const { rpcUrl, networkFile } = world.ready
    const places = { D: world.dataDir(), FILE: networkFile, URL: rpcUrl, SAFE: world.safe }
    // The pages say so for a test network: a node that is bound to all addresses sends nothing to loopback.
    const words = { ...places, PUBLIC_ADDRESS: LOOPBACK, '0.0.0.0': LOOPBACK }
    await walk<World>(place, words).through(guide, world)
  })
}

function walk<T>({ room, home, watchdog }: Place, words: Record<string, string>): Walk<T> {
  const tell = (line: string) => console.log(line)
  const { checkout } = room
  return new Walk<T>({ checkout, watchdog, records: `${home}-printed`, answers: ANSWERS, words, tell })
}
