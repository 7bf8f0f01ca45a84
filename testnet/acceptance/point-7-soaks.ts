/** Point 7: if every session is a soak, a token bucket gains nothing, for single receivers and for groups of two. */
import { setTimeout as pause } from 'node:timers/promises'
import { FOLD } from '../profiles/cheats/bucket.js'
import { INFLATION } from '../profiles/cheats/check.js'
import type { Checks, Point } from './checks.js'
import { explain } from './explain.js'
import { nodeStatus } from './node-status.js'
import { TestnetRun } from './testnet-run.js'

const RUN_SECONDS = 600
/** A queue serves the members of a group in any order: the sum of their medians is a little below the rate of the queue. */
const TOLERANCE = 0.1
/** Between looks at whether the asked verifier has the report. */
const POLL_MS = 100
const COMMON = ['--providers', 'honest=1,bucket=1', '--soaks']

/** An epoch of soaks lasts three minutes. */
const EPOCHS = { usual: 1, full: 2 }
/** A verifier with 50 Mbit/s cannot receive a claim of 30 alone, and has room for its part in a second try. */
const NETWORKS = [
  { name: 'alone', args: ['--verifiers', '4', '--claim', '25'] },
  { name: 'in groups', args: ['--verifiers', '5', '--claim', '30', '--capacity', '50'] },
]

export const soaks: Point = {
  number: 7,
  title: 'soaks see through a token bucket',
  run: async (checks, { full }) => {
    const epochs = full ? EPOCHS.full : EPOCHS.usual
    for (const { name, args } of NETWORKS) await network(checks, name, epochs, [...args, ...COMMON])
  },
}

const network = (checks: Checks, name: string, epochs: number, args: readonly string[]) =>
  TestnetRun.with(args, async run => {
    const ready = await run.ready()
    await run.epoch(epochs, RUN_SECONDS)
    while ((await nodeStatus(ready)).tip.epoch < 1) await pause(POLL_MS)
    for (const { profile, address } of ready.providers) {
      const { code, text } = await explain(ready, address, 1)
      const told = /\b([1-9]\d*) of \1 sessions that count in this epoch were soaks\./.test(text)
      checks.that(code === 0 && told, `${name}: explain confirms ${profile} against the chain, soaks included`)
      if (code !== 0 || !told) checks.note(text)
    }
    // Nothing but this run ends the network, so that it answers for as long as it is asked.
    await run.end(0)
    const { result } = run
    checks.that(result?.ok === true, `${name}: the result says ok`, result?.failures.join('; ') ?? 'no result')
    if (result?.ok !== true) checks.note(run.stderr)
    checks.that(
      run.epochs.length >= epochs && run.epochs.every(({ posted }) => posted),
      `${name}: every epoch is posted`,
    )
    for (const { epoch, scores } of run.epochs.slice(0, epochs)) {
      for (const { profile, rateKbps, claimKbps } of scores) {
        const most = profile === 'bucket' ? (claimKbps / FOLD) * (1 + INFLATION) : claimKbps
        const least = profile === 'bucket' ? (claimKbps / FOLD) * (1 - TOLERANCE) : 0.95 * claimKbps
        checks.that(
          rateKbps !== null && rateKbps >= least && rateKbps <= most,
          `${name}: ${profile} certified in epoch ${epoch} at its sustained rate`,
          `${rateKbps} kbit/s of ${claimKbps}`,
        )
      }
    }
  })
