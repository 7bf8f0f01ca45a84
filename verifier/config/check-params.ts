/** Checks that a network's parameters fit together. */
import {
  DIRECT_MS,
  longestMeasureMs,
  lowReadingMs,
  MAX_BUDGET_MS,
  MAX_DISCARD_MS,
  MIN_DISCARD_MS,
  OVERHEAD_MS,
  STOP_MARGIN_MS,
  soakDataMs,
  togetherMs,
} from '../../probe/constants.js'
import type { NetworkParams } from '../../proto/params.js'

/** With more, a score would take years to forget, on any network. An explanation computes as many windows ahead. */
const MAX_HALF_LIFE_WINDOWS = 1_000

/** The certificate of the paid epoch, and the seeds of its decoys, come to the chain in the epoch after it. */
const LEAST_REWARD_DELAY_EPOCHS = 2

/** Why no network can run with these parameters; undefined if they fit together. */
export function paramsFault(params: NetworkParams): string | undefined {
  const { soakShareBps, soakMs, slotMs, halfLifeWindows, windowEpochs, eraEpochs, rewardDelayEpochs, rewardPpm } =
    params
  if (halfLifeWindows < 1 || halfLifeWindows > MAX_HALF_LIFE_WINDOWS)
    return `halfLifeWindows ${halfLifeWindows} is not between 1 and ${MAX_HALF_LIFE_WINDOWS}`
  if (windowEpochs < 1 || eraEpochs % windowEpochs !== 0)
    return `windowEpochs ${windowEpochs} does not divide eraEpochs ${eraEpochs}`
  if (rewardDelayEpochs < LEAST_REWARD_DELAY_EPOCHS)
    return `rewardDelayEpochs ${rewardDelayEpochs} is less than ${LEAST_REWARD_DELAY_EPOCHS}: decoys need an epoch to show their seeds`
  if (rewardPpm > 1_000_000) return `rewardPpm ${rewardPpm} is more than 1000000`
  if (soakShareBps > 10_000) return `soakShareBps ${soakShareBps} is more than 10000`
  const claimFault = smallestClaimFault(params)
  if (claimFault !== undefined || soakShareBps === 0) return claimFault
  const togetherNeededMs = MAX_DISCARD_MS + lowReadingMs(params.minClaimKbps, params.yieldMs) + STOP_MARGIN_MS
  // Senders do not know that an ordinary session is no soak, and take turns after half of one.
  if (togetherMs(soakMs) < togetherNeededMs)
    return `soakMs ${soakMs} is too short: in half of it a low reading needs ${togetherNeededMs} ms with yieldMs ${params.yieldMs}`
  if (soakDataMs(soakMs) > MAX_BUDGET_MS)
    return `soakMs ${soakMs} is longer than a relay's budget for an unpaid session`
  const neededMs = soakSlotMs(params)
  return slotMs < neededMs
    ? `slotMs ${slotMs} is too short for a soak: with soakMs ${soakMs} a slot needs ${neededMs} ms`
    : undefined
}

/**
 * The smallest claim has the longest low readings. In the time of a session they need as many windows as those of larger
 * claims. A reading that outlasts its slot disturbs the next one, and misses the ballot in the last slots of the epoch: so
 * whoever claims very little and delivers less would escape.
 */
function smallestClaimFault({ minClaimKbps, yieldMs, offsetMs, slotMs }: NetworkParams): string | undefined {
  const lowMs = lowReadingMs(minClaimKbps, yieldMs)
  if (MAX_DISCARD_MS + lowMs > longestMeasureMs(yieldMs))
    return `minClaimKbps ${minClaimKbps} is too small to measure: a low reading needs ${Math.ceil(MAX_DISCARD_MS + lowMs)} ms, and a session has ${longestMeasureMs(yieldMs)} ms`
  const neededMs = Math.ceil(offsetMs + MIN_DISCARD_MS + lowMs)
  return slotMs < neededMs
    ? `slotMs ${slotMs} is too short for a low reading: with minClaimKbps ${minClaimKbps} and yieldMs ${yieldMs} a slot needs ${neededMs} ms`
    : undefined
}

/** The shortest slot that has room for a soak, at whatever offset the soak starts. */
export const soakSlotMs = ({ soakMs, offsetMs }: Pick<NetworkParams, 'soakMs' | 'offsetMs'>): number =>
  offsetMs + soakDataMs(soakMs) + DIRECT_MS + OVERHEAD_MS
