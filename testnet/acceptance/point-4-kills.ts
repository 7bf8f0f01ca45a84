/** Point 4: killing a verifier in mid-epoch, and then a leader, costs no report. Both come back and sign again. */
import { beaconOf } from '../../proto/digests.js'
import { leaderOf } from '../../verifier/core/agreement/leader.js'
import type { ReadyEvent, ReadyNode } from '../network/events.js'
import { aftermath } from '../scenario/aftermath.js'
import { ChainWatch } from './chain-watch.js'
import type { Checks, Point } from './checks.js'
import { checkExit, checkLeftovers } from './endings.js'
import { TestnetRun } from './testnet-run.js'

const EPOCHS = 9
const RESTART_SECONDS = 60
/** A verifier that does not lead is killed in the middle of the first of these epochs, a leader in one of the other two. */
const FIRST_KILL = 2
const SECOND_KILL = 5
const LAST_KILL = 6
const POLL_MS = 100

export const kills: Point = {
  number: 4,
  title: 'killing a verifier, or the leader, in mid-epoch costs no report',
  run: checks => TestnetRun.withData(['--providers', '1', '--epochs', String(EPOCHS)], run => follow(checks, run)),
}

async function follow(checks: Checks, run: TestnetRun): Promise<void> {
  const ready = await run.ready()
  const watch = new ChainWatch(ready, run.over)
  await run.epoch(1)
  const clock = { genesis: await watch.genesis(), seconds: await watch.epochSeconds() }

  const bystander = (await victims(watch, ready, clock, FIRST_KILL)).others[0]!
  const second = await killAndWait(checks, watch, run, bystander, FIRST_KILL, 'a verifier')
  const { leader, epoch } = await otherLeader(watch, ready, clock)
  // the lot may make the bystander the leader: its first process is gone, so the one that took its place is killed
  const running = leader.index === bystander.index ? { ...leader, pid: second } : leader
  await killAndWait(checks, watch, run, running, epoch, 'the leader')

  await checkExit(checks, run)
  await watch.ended
  const missed = run.epochs.filter(epoch => !epoch.posted)
  checks.that(run.epochs.length === EPOCHS && missed.length === 0, 'no epoch is missed', roundsOf(watch))
  checkSignsAgain(checks, watch, ready, bystander, FIRST_KILL)
  checkSignsAgain(checks, watch, ready, leader, epoch)
  const reports = new Map(run.epochs.map(({ epoch }) => [epoch, watch.headers.get(epoch)?.headerHash]))
  const { statements, failures } = await aftermath(ready.verifiers, reports)
  checks.that(
    statements > 0 && failures.length === 0,
    'no verifier signed two values of one statement, and nothing that it signed or stored is lost',
    [`${statements} statements kept by the nodes`, ...failures].join('; '),
  )
  await checkLeftovers(checks, ready, false)
}

function checkSignsAgain(
  checks: Checks,
  watch: ChainWatch,
  ready: ReadyEvent,
  node: ReadyNode,
  killedIn: number,
): void {
  const position = indices(ready).indexOf(node.index)
  const epochs = [...watch.headers.values()]
    .filter(({ epoch, nonSigners }) => epoch > killedIn && !nonSigners.includes(position))
    .map(({ epoch }) => epoch)
  checks.that(epochs.length > 0, `${node.name} signs again after its restart`, `epochs ${epochs.join(' ')}`)
}

interface Clock {
  readonly genesis: number
  readonly seconds: number
}

interface Victims {
  /** leads the epoch's first round */
  readonly leader: ReadyNode
  /** all but the leader and the node whose API the run itself asks */
  readonly others: readonly ReadyNode[]
}

/** Waits for the middle of an epoch's measuring. */
async function victims(watch: ChainWatch, ready: ReadyEvent, clock: Clock, epoch: number): Promise<Victims> {
  const start = clock.genesis + (epoch - 1) * clock.seconds
  for (;;) {
    const block = await watch.rpc.block('latest')
    if (block && block.timestamp >= start + clock.seconds / 2) break
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
  const index = leaderOf(indices(ready), beaconOf(await randaoBefore(watch, start), epoch), 0)
  const others = ready.verifiers.filter(node => node.index !== index && node.apiUrl !== ready.apiUrl)
  return { leader: ready.verifiers.find(node => node.index === index)!, others }
}

/** The first leader, from the second kill's epoch on, whose API the run itself does not ask; in the last epoch any leader. */
async function otherLeader(watch: ChainWatch, ready: ReadyEvent, clock: Clock) {
  for (let epoch = SECOND_KILL; ; epoch++) {
    const { leader } = await victims(watch, ready, clock, epoch)
    if (leader.apiUrl !== ready.apiUrl || epoch === LAST_KILL) return { leader, epoch }
  }
}

/** `prevrandao` of B(e), the last block before the epoch starts. */
async function randaoBefore(watch: ChainWatch, start: number) {
  for (let block = await watch.rpc.block('latest'); block; block = await watch.rpc.block(block.number - 1)) {
    if (block.timestamp < start) return block.prevRandao
  }
  throw new Error('there is no block before the epoch')
}

/** @returns the pid of the process that took the node's place */
async function killAndWait(
  checks: Checks,
  watch: ChainWatch,
  run: TestnetRun,
  { name, pid }: ReadyNode,
  epoch: number,
  what: string,
): Promise<number> {
  process.kill(pid, 'SIGKILL')
  const again = await run.waitFor(
    event => (event.event === 'restarted' && event.name === name && event.pid !== pid ? event.pid : undefined),
    RESTART_SECONDS,
  )
  checks.note(`${name} is started again`)
  const report = await run.epoch(epoch)
  const round = watch.headers.get(epoch)?.round
  checks.that(
    report.posted,
    `epoch ${epoch} is posted although ${what} (${name}) was killed in it`,
    `round ${round ?? report.round}`,
  )
  return again
}

const indices = (ready: ReadyEvent): number[] => ready.verifiers.map(node => node.index).sort((a, b) => a - b)
const roundsOf = (watch: ChainWatch): string =>
  `rounds ${[...watch.headers.values()]
    .sort((a, b) => a.epoch - b.epoch)
    .map(header => header.round)
    .join(' ')}`
