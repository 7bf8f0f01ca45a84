/**
 * `npm run kills`: `kill -9` of random processes of a network at random moments: nodes, the chain, and the testnet itself. A
 * node or chain that is killed comes back. When the testnet is killed, nothing of its network may be left behind. In both
 * cases all that verifiers signed is in their signing records, once. Takes about 40 minutes.
 */
import '../proto/polyfill.js'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { leftBehind, TestnetRun } from './acceptance/testnet-run.js'
import { type Random, seededRandom } from './lab/line/random.js'
import type { ReadyEvent } from './network/events.js'
import { aftermath } from './scenario/aftermath.js'
import { randomKills } from './scenario/random-kills.js'

const USAGE = 'npm run kills -- [--seed NUMBER] [--kills 224] [--parents 8]'
/** Some hit a node that is down already. */
const KILLS_A_RUN = 56
const RUN_SECONDS = 1200
/** The testnet is killed within so many epochs of its start. */
const PARENT_EPOCHS = 2.5
const ENDS_WITHIN_MS = 20_000
const POLL_MS = 200

process.exitCode = await main()

async function main(): Promise<number> {
  const plan = planOf(process.argv.slice(2))
  if (plan === undefined) {
    console.error(`usage: ${USAGE}`)
    return 2
  }
  console.log(`seed ${plan.seed}`)
  const random = seededRandom(plan.seed)
  let failures = 0
  const tell = (sentences: readonly string[]) => {
    for (const sentence of sentences) console.log(sentence)
    failures += sentences.length
  }
  for (let left = plan.kills; left > 0; left -= KILLS_A_RUN) {
    tell(await killedNodes(Math.min(left, KILLS_A_RUN), random))
  }
  for (let i = 0; i < plan.parents; i++) tell(await killedParent(random))
  console.log(`${failures === 0 ? 'PASS' : 'FAIL'} kills, seed ${plan.seed}`)
  return failures === 0 ? 0 : 1
}

/** Undefined if the options make no sense. */
function planOf(args: string[]): { seed: number; kills: number; parents: number } | undefined {
  try {
    const number = { type: 'string' } as const
    const { seed, kills, parents } = parseArgs({
      args,
      options: { seed: number, kills: number, parents: number },
    }).values
    const plan = {
      seed: seed === undefined ? randomInt(2 ** 32) : Number(seed),
      kills: Number(kills ?? 4 * KILLS_A_RUN),
      parents: Number(parents ?? 8),
    }
    return Object.values(plan).every(value => Number.isSafeInteger(value) && value >= 0) ? plan : undefined
  } catch {
    return undefined // `parseArgs` does not know an option
  }
}

/** @returns what was not as it must be, a sentence each */
async function killedNodes(kills: number, random: Random): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bandwitness-kills-'))
  try {
    const file = join(directory, 'scenario.yaml')
    writeFileSync(file, JSON.stringify(randomKills(kills, random))) // all JSON is YAML
    return await TestnetRun.with(['--scenario', file], async run => {
      const { code, signal, seconds } = await run.end(RUN_SECONDS)
      const { result, events } = run
      const killed = events.filter(event => event.event === 'node-ended' && event.signal === 'SIGKILL' && !event.wanted)
      const chain = events.filter(event => event.event === 'fault' && event.begins && event.what.includes('chain'))
      const back = events.filter(event => event.event === 'restarted')
      const figures = `${killed.length} kills of nodes, ${chain.length} of the chain, ${back.length} restarts`
      const posted = `${result?.posted ?? 0} of ${result?.epochs ?? 0} epochs posted`
      const logs = result?.keptIn ? `, logs in ${result.keptIn}` : ''
      console.log(`${result?.ok ? 'ok' : 'FAILED'}: ${figures}, ${posted}, ${seconds.toFixed(0)} s${logs}`)
      return [...(result?.failures ?? [`It ended with ${code ?? signal}: ${run.stderr}.`])]
    })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** @returns what was not as it must be, a sentence each */
function killedParent(random: Random): Promise<string[]> {
  return TestnetRun.withData(['--providers', '1'], async run => {
    const ready = await run.ready()
    const epochMs = ready.params.epochSeconds * 1000
    await delay(random() * PARENT_EPOCHS * epochMs)
    process.kill(ready.pid, 'SIGKILL')
    await run.exited
    const left = await remains(ready)
    const epochs = run.epochs.map(({ epoch }) => epoch)
    const next = Math.max(0, ...epochs) + 1
    // Nobody says what verifiers had stored by then. The agreement about the next epoch may have begun.
    const { statements, failures } = await aftermath(
      ready.verifiers,
      new Map([...epochs, next].map(epoch => [epoch, undefined])),
    )
    console.log(
      `testnet killed after ${epochs.length} epochs: ${statements} statements kept, ${left.length} things left behind`,
    )
    return [...left.map(thing => `${thing} was left behind.`), ...failures]
  })
}

async function remains(ready: ReadyEvent): Promise<string[]> {
  const untilMs = Date.now() + ENDS_WITHIN_MS
  for (;;) {
    const left = await leftBehind(ready, false)
    if (left.length === 0 || Date.now() > untilMs) return left
    await delay(POLL_MS)
  }
}
