/** Point 3: two silent verifiers of seven change nothing. Three silent ones stop every report, and each node says why. */

import type { ReadyEvent } from '../network/events.js'
import { ChainWatch } from './chain-watch.js'
import type { Checks, Point } from './checks.js'
import { checkExit, checkLeftovers } from './endings.js'
import { TestnetRun } from './testnet-run.js'

/** So few epochs bring no penalty. */
const PROVIDERS = 'honest=3,offline=1'

export const silence: Point = {
  number: 3,
  title: 'fewer than a third of the verifiers may be silent',
  async run(checks) {
    await observe(checks, { verifiers: 'honest=5,silent=2', epochs: 2, reports: true })
    await observe(checks, { verifiers: 'honest=4,silent=3', epochs: 1, reports: false })
  },
}

interface Network {
  readonly verifiers: string
  readonly epochs: number
  /** whether enough verifiers are left for a report */
  readonly reports: boolean
}

const observe = (checks: Checks, network: Network): Promise<void> =>
  TestnetRun.with(
    ['--verifiers', network.verifiers, '--providers', PROVIDERS, '--epochs', String(network.epochs)],
    run => follow(checks, run, network),
  )

async function follow(checks: Checks, run: TestnetRun, { verifiers, epochs, reports }: Network): Promise<void> {
  const ready = await run.ready()
  const watch = new ChainWatch(ready, run.over)
  await checkExit(checks, run, `${verifiers}: `)
  await watch.ended
  const posted = run.epochs.filter(epoch => epoch.posted).length
  checks.that(
    run.epochs.length === epochs && posted === (reports ? epochs : 0) && watch.headers.size === posted,
    `${verifiers}: ${reports ? 'every epoch' : 'no epoch'} is posted`,
    `${posted} of ${epochs}, on the chain ${watch.headers.size}`,
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
