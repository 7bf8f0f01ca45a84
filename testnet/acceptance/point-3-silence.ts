/** Point 3: two silent verifiers of seven change nothing. Three silent ones stop every report, and each node says why. */

import type { ReadyEvent } from '../network/events.js'
import { ChainWatch } from './chain-watch.js'
import type { Checks, Point } from './checks.js'
import { checkExit, checkLeftovers } from './endings.js'
import { TestnetRun } from './testnet-run.js'

const EPOCHS = 2
/** So few epochs bring no penalty. */
const PROVIDERS = 'honest=3,offline=1'

export const silence: Point = {
  number: 3,
  title: 'fewer than a third of the verifiers may be silent',
  async run(checks) {
    await observe(checks, 'honest=5,silent=2', true)
    await observe(checks, 'honest=4,silent=3', false)
  },
}

const observe = (checks: Checks, verifiers: string, reports: boolean): Promise<void> =>
  TestnetRun.with(['--verifiers', verifiers, '--providers', PROVIDERS, '--epochs', String(EPOCHS)], run =>
    follow(checks, run, verifiers, reports),
  )

async function follow(checks: Checks, run: TestnetRun, verifiers: string, reports: boolean): Promise<void> {
  const ready = await run.ready()
  const watch = new ChainWatch(ready, run.over)
  await checkExit(checks, run, `${verifiers}: `)
  await watch.ended
  const posted = run.epochs.filter(epoch => epoch.posted).length
  checks.that(
    run.epochs.length === EPOCHS && posted === (reports ? EPOCHS : 0) && watch.headers.size === posted,
    `${verifiers}: ${reports ? 'every epoch' : 'no epoch'} is posted`,
    `${posted} of ${EPOCHS}, on the chain ${watch.headers.size}`,
  )
  if (!reports) {
    checks.that(watch.settlements.size === 0, `${verifiers}: no provider is slashed`)
    checkReasons(checks, run, ready)
  }
  await checkLeftovers(checks, ready, run.result?.ok === true, `${verifiers}: `)
}

function checkReasons(checks: Checks, run: TestnetRun, ready: ReadyEvent): void {
  const honest = ready.verifiers.filter(({ profile }) => profile === 'honest')
  for (const { epoch, why } of run.epochs) {
    const reasons = why.filter(({ sentence }) =>
      new RegExp(`epoch ${epoch} has no report: .* of 7 verifiers, 5 are needed`).test(sentence),
    )
    checks.that(
      honest.every(({ name }) => reasons.some(reason => reason.name === name)),
      `every honest verifier says why epoch ${epoch} has no report`,
      why.map(({ name, sentence }) => `${name}: ${sentence}`).join('; '),
    )
  }
}
