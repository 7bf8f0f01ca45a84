/** Point 6: groups of two measure a claim that no verifier can take alone. */
import type { Point } from './checks.js'
import { checkExit } from './endings.js'
import { TestnetRun } from './testnet-run.js'

const RUN_SECONDS = 300
const PROVIDERS = 'honest=1,slow@0.6=1'
const ARGS = ['--verifiers', '5', '--providers', PROVIDERS, '--claim', '30', '--capacity', '40', '--epochs', '6']

export const groups: Point = {
  number: 6,
  title: 'groups measure claims above the capacity of one verifier',
  run: checks =>
    TestnetRun.with(ARGS, async run => {
      await checkExit(checks, run, RUN_SECONDS)
      for (const { profile, claimKbps, deliversKbps, rateKbps, slashed } of run.result?.providers ?? []) {
        const isNear = rateKbps !== null && Math.abs(rateKbps / deliversKbps - 1) <= 0.1
        checks.that(
          isNear,
          `${profile}: certified within 10 % of the delivered rate`,
          `${rateKbps} of ${deliversKbps} kbit/s`,
        )
        const isDue = deliversKbps < 0.75 * claimKbps
        checks.that(
          BigInt(slashed) > 0n === isDue,
          `${profile}: ${isDue ? 'slashed' : 'not slashed'}`,
          `${slashed} wei`,
        )
      }
    }),
}
