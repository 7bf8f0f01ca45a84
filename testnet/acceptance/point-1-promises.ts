/** Point 1: the default network tells its providers apart on the chain, and the throttled provider is slashed. */
import { availableParallelism } from 'node:os'
import { STATUS } from '../../proto/leaf.js'
import { DEVNET } from '../../proto/params.js'
import type { ProviderResult, ReadyEvent, ResultEvent } from '../network/events.js'
import { ChainWatch } from './chain-watch.js'
import { Checks, type Point } from './checks.js'
import { checkLeftovers } from './endings.js'
import { scoreBps, throughputOf, throughputs, uptimeBps } from './formula.js'
import { TestnetRun } from './testnet-run.js'

const EPOCHS = 6
/** A claim of 100 Mbit/s may take more than two cores can spare beside the work of five verifiers. */
const FAST_CLAIM_MBPS = 100
const FAST_CORES = 4

interface Observed {
  readonly checks: Checks
  readonly ready: ReadyEvent
  readonly watch: ChainWatch
  readonly genesis: number
  readonly epochSeconds: number
}

export const promises: Point = {
  number: 1,
  title: 'the chain shows what every profile promises',
  async run(checks, { full }) {
    await observe(checks, ['--epochs', String(EPOCHS)])
    const cores = availableParallelism()
    if (full || cores >= FAST_CORES) await observeFast(checks, cores)
    else checks.note(`a claim of ${FAST_CLAIM_MBPS} Mbit/s is run on ${FAST_CORES} cores, and with --full on ${cores}`)
  },
}

/** With few cores the run at a high claim counts only if the machine could carry it: if the honest provider kept its claim. */
async function observeFast(checks: Checks, cores: number): Promise<void> {
  const args = ['--claim', String(FAST_CLAIM_MBPS), '--providers', 'honest=1,throttled=1', '--epochs', String(EPOCHS)]
  checks.note(`the same with ${args.join(' ')}`)
  const lines: string[] = []
  const fast = new Checks(line => lines.push(line))
  const result = await observe(fast, args)
  const honest = result?.providers.find(({ profile }) => profile === 'honest')
  const starved = result?.failures.some(failure => honest !== undefined && failure.startsWith(honest.name)) ?? false
  if (cores < FAST_CORES && starved) {
    checks.note(`not counted: this machine's ${cores} cores could not carry it (${result!.failures.join('; ')})`)
  } else checks.include(fast, lines)
}

const observe = (checks: Checks, args: readonly string[]): Promise<ResultEvent | undefined> =>
  TestnetRun.with(args, run => follow(checks, run))

async function follow(checks: Checks, run: TestnetRun): Promise<ResultEvent | undefined> {
  const ready = await run.ready()
  const watch = new ChainWatch(ready, run.over)
  await run.epoch(1)
  const [genesis, epochSeconds] = [await watch.genesis(), await watch.epochSeconds()]
  const exit = await run.end()
  await watch.ended
  const { result } = run
  checks.that(
    exit.code === 0,
    'the command ends with exit code 0',
    `${exit.code ?? exit.signal}, ${exit.seconds.toFixed(0)} s`,
  )
  if (exit.code !== 0) checks.note(run.stderr)
  checks.that(result?.ok === true, 'the result says ok', result?.failures.join('; ') ?? 'no result')
  if (!result) return undefined
  const observed = { checks, ready, watch, genesis, epochSeconds }
  checkReports(observed, run)
  for (const provider of result.providers) checkProvider(observed, provider)
  await checkLeftovers(checks, ready, run.result?.ok === true)
  return result
}

function checkReports({ checks, watch }: Observed, run: TestnetRun): void {
  const posted = run.epochs.filter(epoch => epoch.posted).map(({ epoch }) => epoch)
  const wanted = Array.from({ length: EPOCHS }, (_, i) => i + 1)
  checks.that(
    wanted.every(epoch => posted.includes(epoch)),
    'every epoch is posted',
    `posted: ${posted.join(' ')}`,
  )
  const headers = [...watch.headers.values()].sort((a, b) => a.epoch - b.epoch)
  checks.that(
    wanted.every(epoch => watch.headers.has(epoch)),
    'another client finds every header on the chain',
    `found: ${headers.map(header => header.epoch).join(' ')}`,
  )
  const chained = headers.every((header, i) => i === 0 || header.previousHeader === headers[i - 1]!.headerHash)
  checks.that(chained, 'each header names the one before it')
  checks.that(
    watch.wrongLeaves.size === 0 && watch.leaves.size >= EPOCHS - 1,
    "leaves served over HTTP have the chain's score root by another library's tree",
    `epochs ${[...watch.leaves.keys()].join(' ')}`,
  )
}

function checkProvider(observed: Observed, provider: ProviderResult): void {
  const { checks, watch } = observed
  const name = `${provider.profile} ${provider.address.slice(0, 10)}`
  const stake = watch.stakes.get(provider.address.toLowerCase())
  checks.that(
    stake !== undefined && stake.toString() === provider.stakeAfter,
    `${name}: the vault holds the stake that the result says`,
    `${stake} / ${provider.stakeAfter}`,
  )
  const last = watch.leavesOf(provider.address).at(-1)
  if (last && last.epoch === EPOCHS) {
    const rate = last.status === STATUS.unmeasured ? null : last.rateKbps
    checks.that(
      rate === provider.rateKbps && last.uptimeBps === provider.uptimeBps && last.scoreBps === provider.scoreBps,
      `${name}: the last leaf agrees with the result`,
      `rate ${rate}, uptime ${last.uptimeBps}, score ${last.scoreBps}`,
    )
  }
  checkFormula(observed, provider, name)
  if (provider.profile === 'honest') checkHonest(observed, provider, name)
  if (provider.profile === 'throttled') checkThrottled(observed, provider, name)
  if (provider.profile === 'offline') checkOffline(observed, provider, name)
}

/** Compares T, U and R of every leaf with the formulas: T and U as closely as fixed point allows, R exactly. */
function checkFormula({ checks, watch }: Observed, provider: ProviderResult, name: string): void {
  const leaves = watch.leavesOf(provider.address)
  const expected = throughputs(leaves, 2 ** (-1 / DEVNET.halfLifeWindows))
  const whole = leaves[0]?.epoch === 1 && leaves.every((leaf, i) => leaf.epoch === i + 1)
  const wrong = leaves.flatMap((leaf, i) => [
    ...(whole && Math.abs(throughputOf(leaf) - expected[i]!) > 1e-6 ? [`T of epoch ${leaf.epoch}`] : []),
    ...(Math.abs(leaf.uptimeBps - uptimeBps(leaf)) > 1 ? [`U of epoch ${leaf.epoch}`] : []),
    ...(leaf.scoreBps !== scoreBps(leaf) ? [`R of epoch ${leaf.epoch}`] : []),
  ])
  checks.that(leaves.length > 0 && wrong.length === 0, `${name}: T, U and R follow from the formulas`, wrong.join(', '))
}

function checkHonest({ checks, watch }: Observed, provider: ProviderResult, name: string): void {
  const leaves = watch.leavesOf(provider.address)
  const lowest = Math.min(...leaves.map(leaf => (leaf.status === STATUS.measured ? leaf.rateKbps : 0)))
  checks.that(
    lowest >= 0.95 * provider.claimKbps,
    `${name}: certified at 95 % of its claim or more`,
    `lowest ${lowest} kbit/s`,
  )
  checks.that(
    leaves.every(leaf => leaf.breachBits === 0 && leaf.penaltyBps === 0),
    `${name}: no breach`,
  )
  checks.that(
    provider.stakeAfter === provider.stakeBefore && watch.settlementsOf(provider.address).length === 0,
    `${name}: stake intact`,
  )
}

function checkThrottled(observed: Observed, provider: ProviderResult, name: string): void {
  const { checks, watch, genesis, epochSeconds } = observed
  const leaves = watch.leavesOf(provider.address)
  const rates = leaves.map(leaf => leaf.rateKbps)
  checks.that(
    rates.length > 0 && rates.every(rate => Math.abs(rate / provider.deliversKbps - 1) <= 0.1),
    `${name}: certified within 10 % of the delivered ${provider.deliversKbps} kbit/s`,
    rates.join(' '),
  )
  const third = leaves.find(leaf => leaf.penaltyBps > 0)
  checks.that(
    third !== undefined,
    `${name}: a leaf holds a penalty`,
    third ? `epoch ${third.epoch}, ${third.penaltyBps} bps` : '',
  )
  if (!third) return
  const settled = watch.settlementsOf(provider.address).find(one => one.epoch === third.epoch)
  const deadline = genesis + (third.epoch + 2) * epochSeconds
  checks.that(
    settled !== undefined && settled.charged > 0n && settled.timestamp <= deadline,
    `${name}: slashed on chain within two epochs of the third breach`,
    settled ? `${settled.charged} wei, ${deadline - settled.timestamp} s before the limit` : 'no Settled event',
  )
  const charged = watch.settlementsOf(provider.address).reduce((sum, one) => sum + one.charged, 0n)
  checks.that(
    BigInt(provider.stakeBefore) - BigInt(provider.stakeAfter) === charged && charged.toString() === provider.slashed,
    `${name}: the stake fell by the sum of the Settled events`,
    `${charged} wei`,
  )
}

function checkOffline({ checks, watch }: Observed, provider: ProviderResult, name: string): void {
  const uptimes = watch.leavesOf(provider.address).map(leaf => leaf.uptimeBps)
  const falls = uptimes.length > 2 && uptimes.slice(2).every((uptime, i) => uptime < uptimes[i + 1]!)
  checks.that(falls, `${name}: the uptime falls with every epoch`, uptimes.join(' '))
  checks.that(provider.rateKbps === null, `${name}: the rate is null, not zero`, String(provider.rateKbps))
}
