/** Point 2: the same run with one seed after another. A run that fails once is a fault to find, so no run is repeated. */
import type { Checks, Point } from './checks.js'
import { leftBehind, TestnetRun } from './testnet-run.js'

/** On the usual machine, on which the network has epochs of so many seconds. A slower one gets as much more time as its epochs. */
const FIRST_POST_SECONDS = 60
const USUAL_EPOCH_SECONDS = 22

export const seeds: Point = {
  number: 2,
  title: 'the run succeeds with every seed, and the first epoch is posted within a minute on the usual machine',
  async run(checks, options) {
    for (let seed = 1; seed <= options.seeds; seed++) {
      await TestnetRun.with(['--epochs', '6', '--seed', String(seed)], run => observe(checks, run, seed))
    }
  },
}

async function observe(checks: Checks, run: TestnetRun, seed: number): Promise<void> {
  const ready = await run.ready()
  const mostSeconds = Math.round((FIRST_POST_SECONDS * ready.params.epochSeconds) / USUAL_EPOCH_SECONDS)
  const first = await run.epoch(1)
  const seconds = run.seconds
  const exit = await run.end()
  const missed = run.epochs.filter(epoch => !epoch.posted).length
  const left = await leftBehind(ready, run.result?.ok === true)
  const wrong = [...(run.result?.failures ?? ['no result']), ...left.map(what => `left behind: ${what}`)]
  checks.that(
    exit.code === 0 && run.result?.ok === true && missed === 0 && left.length === 0,
    `seed ${seed}: the run succeeds`,
    `exit ${exit.code ?? exit.signal} after ${exit.seconds.toFixed(0)} s${wrong.map(what => `; ${what}`).join('')}`,
  )
  checks.that(
    first.posted && seconds <= mostSeconds,
    `seed ${seed}: the first epoch is posted within ${mostSeconds} s`,
    `${seconds.toFixed(1)} s after the command`,
  )
  if (exit.code !== 0) checks.note(run.stderr)
}
