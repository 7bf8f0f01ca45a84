/** Point 6: groups of two measure a claim that no verifier can take alone. */
import { startTestnet } from 'bandwitness/testnet'
import type { Point } from './checks.js'
import { checkLeftovers } from './endings.js'

const SETTINGS = { verifiers: '5', providers: 'honest=1,slow@0.6=1', claimMbps: 30, capacityMbps: 40, epochs: 5 }

export const groups: Point = {
  number: 6,
  title: 'groups measure claims above the capacity of one verifier',
  /** From a program, as somebody starts a network who builds on this package. */
  async run(checks) {
    const network = await startTestnet(SETTINGS)
    const { ok, failures, providers } = await network.result
    checks.that(ok, 'the result says ok', failures.join(' '))
    await checkLeftovers(checks, network.ready, ok)
    for (const { profile, claimKbps, deliversKbps, rateKbps, slashed } of providers) {
      const isNear = rateKbps !== null && Math.abs(rateKbps / deliversKbps - 1) <= 0.1
      checks.that(
        isNear,
        `${profile}: certified within 10 % of the delivered rate`,
        `${rateKbps} of ${deliversKbps} kbit/s`,
      )
      const isDue = deliversKbps < 0.75 * claimKbps
      checks.that(BigInt(slashed) > 0n === isDue, `${profile}: ${isDue ? 'slashed' : 'not slashed'}`, `${slashed} wei`)
    }
  },
}
