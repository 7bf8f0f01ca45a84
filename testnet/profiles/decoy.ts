import { DECOY_LEVELS_BPS } from '../../proto/decoy.js'
import { measuredMostly, noBreach, stakeIntact } from './checks.js'
import type { ProviderHistory, ProviderProfile } from './profile.js'

const LOWEST_BPS = DECOY_LEVELS_BPS[0]
const MEAN_BPS = DECOY_LEVELS_BPS.reduce((sum, level) => sum + level, 0) / DECOY_LEVELS_BPS.length
/** A reading may err by as much below the lowest level. */
const TOLERANCE_BPS = 300

/** `decoy-main.ts` runs it: it commits, shapes and reveals. */
export const decoy: ProviderProfile = {
  describe: 'shapes each receiver’s sessions to a secret level, and shows the levels afterwards',
  takesFraction: false,
  deliversKbps: claimKbps => Math.round((claimKbps * MEAN_BPS) / 10_000),
  broken: history => [aboveLowestLevel, measuredMostly, noBreach, stakeIntact].flatMap(check => check(history)),
}

function aboveLowestLevel({ leaves, claimKbps }: ProviderHistory): string[] {
  const leastKbps = (claimKbps * (LOWEST_BPS - TOLERANCE_BPS)) / 10_000
  return leaves
    .filter(({ rateKbps }) => rateKbps > 0 && rateKbps < leastKbps)
    .map(({ epoch, rateKbps }) => `was certified at ${rateKbps} kbit/s in epoch ${epoch}, below its lowest level`)
}
