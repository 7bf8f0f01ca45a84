/** Point 10: four verifiers of five collude and certify penalties that no votes show. The fifth refutes each of them. */
import type { ReadyEvent } from '../network/events.js'
import { FIRST_SLANDER } from '../profiles/profiles.js'
import { ChainWatch } from './chain-watch.js'
import type { Checks, Point } from './checks.js'
import { checkExit, checkLeftovers } from './endings.js'
import { addressOf } from './json-rpc.js'
import { TestnetRun } from './testnet-run.js'

const EPOCHS = 5
const ARGS = ['--verifiers', 'honest=1,colluder=4', '--providers', 'honest=2', '--epochs', String(EPOCHS)]
const REFUTED = 'Refuted(uint64,address,uint16,address)'

export const captured: Point = {
  number: 10,
  title: 'one honest verifier voids what a captured set certifies against the votes',
  run: checks => TestnetRun.with(ARGS, run => follow(checks, run)),
}

async function follow(checks: Checks, run: TestnetRun): Promise<void> {
  const ready = await run.ready()
  const watch = new ChainWatch(ready, run.over)
  await run.epoch(EPOCHS)
  await checkRefuted(checks, ready, watch)
  await checkExit(checks, run)
  await watch.ended
  checks.that(
    run.epochs.every(epoch => epoch.posted),
    'the chain accepted every report',
  )
  const certified = run.epochs.flatMap(({ epoch, scores }) => (scores.some(one => one.penaltyBps > 0) ? [epoch] : []))
  checks.that(
    certified.length === EPOCHS - FIRST_SLANDER + 1,
    'the colluders certified a penalty in each epoch that they lie about',
    `epochs ${certified.join(' ')}`,
  )
  checks.that(watch.settlements.size === 0, 'none of them was taken')
  await checkLeftovers(checks, ready, run.result?.ok === true)
}

/** At the post of the last report: the penalties of all epochs before must be void by then. */
async function checkRefuted(checks: Checks, { contracts, providers, verifiers }: ReadyEvent, watch: ChainWatch) {
  const honest = verifiers.find(({ profile }) => profile === 'honest')!
  const refuted = (await watch.rpc.logs(contracts.slashingManager, REFUTED)).map(({ topics, words }) => ({
    epoch: Number(topics[1]),
    refuter: addressOf(words[1]!),
  }))
  const due = Array.from({ length: EPOCHS - FIRST_SLANDER }, (_, i) => FIRST_SLANDER + i)
  checks.that(
    due.every(epoch => refuted.some(one => one.epoch === epoch && one.refuter === honest.address)),
    'the honest verifier refuted each of them',
    `epochs ${refuted.map(({ epoch }) => epoch).join(' ')}`,
  )
  const stakes = await Promise.all(providers.map(({ address }) => watch.slashable('providerRegistry', address)))
  checks.that(
    stakes.every(stake => stake === stakes[0] && stake > 0n),
    'both providers have their whole stake',
    stakes.join(', '),
  )
}
