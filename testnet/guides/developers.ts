/** The guide for protocol developers: networks on this machine, one on a chain of their own, and what is inside them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { poll } from '../../verifier/node/waiting.js'
import type { Guide, Walk } from './walk.js'
import type { Workshop } from './workshop.js'

const NETWORK = 'network'
/** The live view, once it knows when the first epoch begins. */
const LIVE = { until: /epoch 1\b/i, name: NETWORK }
const EPOCHS_MS = 300_000
const LOOK_MS = 3000
const GENESIS_VERIFIERS = 4

/** What `testnet status` says of the only network that runs. */
async function statusOf(walk: Walk<Workshop>) {
  const printed = await walk.types('npx bandwitness testnet status --json')
  return JSON.parse(printed).testnets[0]
}

/** Runs the program that the page shows. */
async function runProgram(walk: Walk<Workshop>): Promise<void> {
  const page = readFileSync(join(walk.checkout, 'docs', 'guides', 'developers.md'), 'utf8')
  const [, program] = /^```ts\n(.*?)^```$/ms.exec(page)!
  writeFileSync(join(walk.checkout, 'guide-program.ts'), program!)
  await walk.types('npx tsx guide-program.ts')
}

/** Starts the page's network again, and waits until an epoch is reported. */
async function untilEpoch(walk: Walk<Workshop>, epoch: number): Promise<void> {
  await walk.again(NETWORK)
  const isReported = async () => (await statusOf(walk)).epoch > epoch + 1 || undefined
  await poll(isReported, LOOK_MS, AbortSignal.timeout(EPOCHS_MS))
}

/** The settings that ship, with four accounts of this reader's own. */
async function writeSettings(world: Workshop, walk: Walk<Workshop>): Promise<void> {
  const accounts: string[] = []
  for (let i = 1; i <= GENESIS_VERIFIERS; i++) {
    await walk.types(`npx bandwitness verifier init --data-dir ${world.dataDir(i)}`)
    accounts.push(world.account(i))
  }
  const shipped = readFileSync(join(walk.checkout, 'docs', 'guides', 'network.yaml'), 'utf8')
  let next = 0
  writeFileSync(
    world.settings,
    shipped.replaceAll(/"0x[1-4]{40}"/g, () => `"${accounts[next++]}"`),
  )
}

async function registerAll(world: Workshop, walk: Walk<Workshop>): Promise<void> {
  const { contracts } = JSON.parse(readFileSync(join(walk.checkout, 'network.json'), 'utf8'))
  for (let i = 1; i <= GENESIS_VERIFIERS; i++) {
    await world.fund(contracts.stakeToken, world.account(i))
    await walk.types(
      `npx bandwitness verifier register --data-dir ${world.dataDir(i)} --network network.json --rpc URL --capacity 100mbps --yes`,
    )
  }
}

/** Names of the running network that the commands of "Looking inside" take. */
async function lookAround(walk: Walk<Workshop>): Promise<void> {
  await untilEpoch(walk, 4)
  const { nodes } = await statusOf(walk)
  walk.words.ACCOUNT = nodes.find(({ name }: { name: string }) => name === 'verifier-1').address
  const { votes } = JSON.parse(await walk.types('npx bandwitness explain provider-3 --epoch 4 --json'))
  walk.words.SESSION = votes.find(({ sessionId }: { sessionId: string | null }) => sessionId).sessionId
}

const folder = (name: string) => (world: Workshop) => ({ DIR: world.folder(name) })
const evidence = (world: Workshop) => ({ FILE: join(world.home, 'evidence.bin') })

export const developers: Guide<Workshop> = {
  page: 'developers.md',
  steps: [
    { command: 'npm ci', skip: 'the checkout is installed: the walk needs it' },
    { command: 'npm run testnet', goesOn: LIVE, after: (_, __, walk) => walk.stop(NETWORK) },
    { command: 'npm run testnet -- --epochs 6 --json', after: (_, __, walk) => runProgram(walk) },
    { command: 'npm run testnet -- --keep', goesOn: LIVE },
    { command: 'npx bandwitness testnet status' },
    { command: 'npx bandwitness testnet node stop provider-1' },
    { command: 'npx bandwitness testnet node start provider-1' },
    { command: 'npx bandwitness testnet node add provider' },
    { command: 'npx bandwitness testnet node slow provider-1' },
    { command: 'npx bandwitness testnet node cut-off verifier-2' },
    { command: 'npx bandwitness testnet node delay verifier-3' },
    { command: 'npx bandwitness testnet node mend provider-1' },
    { command: 'npx bandwitness testnet snapshot' },
    { command: 'npx bandwitness testnet warp 1h' },
    { command: 'npx bandwitness testnet revert' },
    { command: 'npx bandwitness testnet down', after: (_, __, walk) => walk.stop(NETWORK) },
    { command: 'npx bandwitness testnet compose --out DIR', words: folder('one') },
    { command: 'npx bandwitness testnet compose --out DIR --hosts', words: folder('three') },
    { command: 'npx bandwitness testnet compose --out DIR --rpc', words: folder('elsewhere') },
    { command: 'npx bandwitness network check --rpc URL' },
    { command: 'npx bandwitness network check --rpc URL --params FILE', before: writeSettings },
    { command: 'npx bandwitness network deploy' },
    { command: 'npx bandwitness network show' },
    { command: 'npx bandwitness network start', before: registerAll },
    { command: 'npx bandwitness reputation', before: (_, walk) => lookAround(walk) },
    { command: 'npx bandwitness explain provider-3' },
    { command: 'npx bandwitness explain --rewards' },
    { command: 'npx bandwitness transcript SESSION', words: evidence },
    { command: 'npx bandwitness verify-transcript FILE', words: evidence },
  ],
}
