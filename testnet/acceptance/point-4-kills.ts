/** Point 4: killing a verifier in mid-epoch, and then a leader, costs no report. Both come back and sign again. */
import { beaconOf } from '../../proto/digests.js'
import { leaderOf } from '../../verifier/core/agreement/leader.js'
import type { ReadyEvent, ReadyNode } from '../network/events.js'
import { ChainWatch } from './chain-watch.js'
import type { Checks, Point } from './checks.js'
import { checkExit, checkLeftovers } from './endings.js'
import { backAgain, killNode } from './nodes.js'
import { signaturesKept } from './signatures.js'
import { isAlive, TestnetRun } from './testnet-run.js'

const EPOCHS = 11
const RUN_SECONDS = 300
/** A verifier that does not lead is killed in the middle of the first of these epochs, a leader in one of the other two or between. */
const FIRST_KILL = 3
const SECOND_KILL = 6
const LAST_KILL = 8
const POLL_MS = 100

export const kills: Point = {
  number: 4,
  title: 'killing a verifier, or the leader, in mid-epoch costs no report',
  run: checks => TestnetRun.withData(['--epochs', String(EPOCHS)], run => follow(checks, run)),
}

async function follow(checks: Checks, run: TestnetRun): Promise<void> {
  const ready = await run.ready()
  const watch = new ChainWatch(ready, run.over)
  await run.epoch(1, RUN_SECONDS)
  const clock = { genesis: await watch.genesis(), seconds: await watch.epochSeconds() }

  const bystander = (await victims(watch, ready, clock, FIRST_KILL)).others[0]!
  const restarted = [await killAndWait(checks, watch, run, bystander, FIRST_KILL, 'a verifier')]
  const { leader, epoch } = await otherLeader(watch, ready, clock)
  restarted.push(await killAndWait(checks, watch, run, leader, epoch, 'the leader'))

  await checkExit(checks, run, RUN_SECONDS)
  await watch.ended
  const missed = run.epochs.filter(epoch => !epoch.posted)
  checks.that(run.epochs.length === EPOCHS && missed.length === 0, 'no epoch is missed', roundsOf(watch))
  checkSignsAgain(checks, watch, ready, bystander, FIRST_KILL)
  checkSignsAgain(checks, watch, ready, leader, epoch)
  checks.that(!restarted.some(isAlive), 'the processes that took the place of the killed ones have ended')
  const signed = await signaturesKept(ready.verifiers, EPOCHS)
  checks.that(
    signed.count > 0 && signed.contradictions.length === 0,
    'no verifier signed two reports for one round',
    [`${signed.count} signatures kept by the nodes`, ...signed.contradictions].join('; '),
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

/** @returns the node's next process */
async function killAndWait(
  checks: Checks,
  watch: ChainWatch,
  run: TestnetRun,
  node: ReadyNode,
  epoch: number,
  what: string,
): Promise<number> {
  const killed = await killNode(node)
  const report = await run.epoch(epoch, 60)
  const round = watch.headers.get(epoch)?.round
  checks.that(
    report.posted,
    `epoch ${epoch} is posted although ${what} (${node.name}) was killed in it`,
    `round ${round ?? report.round}`,
  )
  const pid = await backAgain(node, killed)
  checks.note(`${node.name} came back by itself`)
  return pid
}

const indices = (ready: ReadyEvent): number[] => ready.verifiers.map(node => node.index).sort((a, b) => a - b)
const roundsOf = (watch: ChainWatch): string =>
  `rounds ${[...watch.headers.values()]
    .sort((a, b) => a.epoch - b.epoch)
    .map(header => header.round)
    .join(' ')}`
