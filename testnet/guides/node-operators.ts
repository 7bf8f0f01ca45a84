/** The guide for node operators, from nothing to a score, its reasons and its evidence, and out again with the stake. */
import { setTimeout as pause } from 'node:timers/promises'
import { inWei } from './founder.js'
import type { Guide, Step, Walk } from './walk.js'
import type { World } from './world.js'

const STAKE = 1000
const TOP_UP = 200
/** A host is tested once a minute. */
const TEST_PAUSE_MS = 61_000
/** The codes of `measure`: the rate holds, is below, no session, no answer to the question. */
const MEASURED = [0, 20, 22]
/** A kernel without one of the schedulers or classifiers. */
const NO_SCHEDULER = /kind is unknown|Unknown filter|No such file or directory/

const tc = (command: string): Step<World> => ({ command: `tc ${command}`, lacks: NO_SCHEDULER })

/** The first epoch in which the provider has a rate, once its votes can be explained. */
async function measuredEpoch(world: World): Promise<number> {
  const leaves = () => world.watch.leavesOf(world.account()).filter(({ rateKbps }) => rateKbps > 0)
  await world.until('the provider has a certified rate', () => leaves().length > 0)
  return leaves()[0]!.epoch
}

function isInLastReport(world: World): boolean {
  const { leaves } = world.watch
  const last = leaves.get(Math.max(...leaves.keys()))!
  return last.some(({ provider }) => provider.toLowerCase() === world.account())
}

/** A session that somebody had with the provider in that epoch. */
async function sessionOf(walk: Walk<World>): Promise<string> {
  const { votes } = JSON.parse(await walk.types('npx bandwitness explain PROVIDER --epoch EPOCH --json'))
  return votes.find(({ sessionId }: { sessionId: string | null }) => sessionId).sessionId
}

export const nodeOperators: Guide<World> = {
  page: 'node-operators.md',
  steps: [
    {
      command: 'npx bandwitness provider init',
      after: async (world, _, walk) => {
        walk.words.PROVIDER = walk.words.ACCOUNT = world.account()
        await world.fund(world.account(), STAKE + TOP_UP)
      },
    },
    { command: 'npx bandwitness provider check' },
    {
      command: 'npx bandwitness provider doctor',
      before: () => pause(TEST_PAUSE_MS),
    },
    { command: 'npx bandwitness provider register' },
    {
      command: 'npx bandwitness provider run',
      goesOn: { until: /"event":"ready"/, name: 'node' },
      after: async (world, _, walk) => {
        const epoch = await measuredEpoch(world)
        walk.words.EPOCH = String(epoch)
        walk.words.SESSION = await sessionOf(walk)
      },
    },
    { command: 'npx bandwitness provider top-up --amount 200' },
    { command: 'npx bandwitness provider claim 100mbps' },
    { command: 'npx bandwitness provider offer --price 0.05' },
    {
      command: 'npx bandwitness provider offer --data-dir',
      after: (_, printed) => {
        if (!printed.includes('0.05 tokens for each GiB')) throw new Error(`no offer:\n${printed}`)
      },
    },
    tc('qdisc replace dev eth0 root'),
    tc('class add dev eth0 parent 1:'),
    tc('class add dev eth0 parent 1:1'),
    tc('class add dev eth0 parent 1:1'),
    tc('qdisc add dev eth0 parent 1:10'),
    tc('qdisc add dev eth0 parent 1:20'),
    tc('filter add dev eth0 parent 1: protocol ip '),
    tc('filter add dev eth0 parent 1: protocol ipv6'),
    { command: 'npx bandwitness reputation PROVIDER' },
    {
      command: 'npx bandwitness explain PROVIDER --epoch 12',
      words: (_, walk) => ({ 12: walk.words.EPOCH! }),
      after: (_, printed) => {
        if (!printed.includes('What holds the score')) throw new Error(`no reasons:\n${printed}`)
      },
    },
    {
      // A new provider's score is low, and nobody answers at the page's example of a webhook.
      command: 'npx bandwitness provider alerts ACCOUNT',
      goesOn: { until: /takes no alerts/, name: 'alerts' },
      after: (_, __, walk) => walk.stop('alerts'),
    },
    { command: 'npx bandwitness transcript SESSION --out t.bin' },
    { command: 'npx bandwitness verify-transcript t.bin' },
    { command: 'npx bandwitness verify-transcript t.bin --rpc URL' },
    { command: 'npx bandwitness measure PROVIDER', exits: MEASURED },
    { command: 'npx bandwitness measure PROVIDER --seconds 10', exits: MEASURED },
    { command: 'npx bandwitness provider exit' },
    {
      command: 'npx bandwitness reputation PROVIDER --rpc URL',
      before: world => world.until('no report names the provider', () => !isInLastReport(world)),
      after: (_, printed) => {
        if (!printed.includes('unbonding')) throw new Error(`no word of the stake:\n${printed}`)
      },
    },
    {
      command: 'npx bandwitness provider withdraw',
      before: async (world, walk) => {
        await walk.stop('node')
        const { unbondingSeconds, epochSeconds } = world.ready.params
        await walk.types(`npx bandwitness testnet warp ${unbondingSeconds + 2 * epochSeconds}s`)
      },
      after: async world => {
        const paid = await world.tokensOf(world.safe)
        if (paid !== inWei(STAKE + TOP_UP)) throw new Error(`the withdrawal address has ${paid} wei of the stake`)
      },
    },
  ],
}
