/**
 * If many providers fall at once, the fault more likely lies with the network than with them. The rule: among enough
 * measured providers, if more than a share by stake newly fall below the slashing threshold in one window, the window
 * sets no breach.
 */
import { type Leaf, STATUS } from '../../../proto/leaf.js'
import type { NetworkParams } from '../../../proto/params.js'
import { isBelowThreshold } from './slashing-threshold.js'
import type { Tally } from './tally.js'

export interface MeasuredProvider {
  readonly stake: bigint
  readonly tally: Pick<Tally, 'status' | 'breach'>
  /** from the last report; undefined for a new provider */
  readonly previous: Pick<Leaf, 'status' | 'rateKbps' | 'claimKbps'> | undefined
}

export function isCommonFailure(
  providers: readonly MeasuredProvider[],
  params: Pick<NetworkParams, 'breachBps' | 'commonFailureMinProviders' | 'commonFailureShareBps'>,
): boolean {
  const measured = providers.filter(one => one.tally.status !== STATUS.unmeasured)
  if (measured.length < params.commonFailureMinProviders) return false
  const fallen = measured.filter(one => one.tally.breach && wasFine(one.previous, params.breachBps))
  return stakeOf(fallen) * 10_000n > stakeOf(measured) * BigInt(params.commonFailureShareBps)
}

/** Only a provider that was measured above the threshold can newly fall; else cheats could void any window by rejoining. */
const wasFine = (previous: MeasuredProvider['previous'], breachBps: number): boolean =>
  previous?.status === STATUS.measured && !isBelowThreshold(previous.rateKbps, previous.claimKbps, breachBps)

const stakeOf = (providers: readonly MeasuredProvider[]): bigint =>
  providers.reduce((sum, provider) => sum + provider.stake, 0n)
