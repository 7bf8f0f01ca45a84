/** Checks that a network's parameters fit together. */
import {
  DIRECT_MS,
  MAX_BUDGET_MS,
  MAX_DISCARD_MS,
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

/** A claim of 4 Mbit/s has windows of this length. */
const LONGEST_WINDOW_MS = 240

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
  if (soakShareBps === 0) return undefined
  if (togetherMs(soakMs) < lowReadingMs(params))
    return `soakMs ${soakMs} is too short: in half of it a low reading needs ${lowReadingMs(params)} ms with yieldMs ${params.yieldMs}`
  if (soakDataMs(soakMs) > MAX_BUDGET_MS)
    return `soakMs ${soakMs} is longer than a relay's budget for an unpaid session`
  const neededMs = soakSlotMs(params)
  return slotMs < neededMs
    ? `slotMs ${slotMs} is too short for a soak: with soakMs ${soakMs} a slot needs ${neededMs} ms`
    : undefined
}

/**
 * The senders of an ordinary session do not know that it is no soak, and take turns after half of one. A low reading must
 * have ended before.
 */
const lowReadingMs = ({ yieldMs }: Pick<NetworkParams, 'yieldMs'>): number =>
  MAX_DISCARD_MS + yieldMs + LONGEST_WINDOW_MS + STOP_MARGIN_MS

/** The shortest slot that has room for a soak, at whatever offset the soak starts. */
export const soakSlotMs = ({ soakMs, offsetMs }: Pick<NetworkParams, 'soakMs' | 'offsetMs'>): number =>
  offsetMs + soakDataMs(soakMs) + DIRECT_MS + OVERHEAD_MS
