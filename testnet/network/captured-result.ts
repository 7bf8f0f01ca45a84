/**
 * What the chain must show if more than two thirds of the verifiers collude. It accepts what they certify. But no penalty
 * that the votes contradict may be taken, as long as one honest verifier runs.
 */
import type { Hex } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'
import { isSupermajority } from '../../proto/quorum.js'
import { FIRST_SLANDER } from '../profiles/profiles.js'
import type { SeenSettlement } from './chain-reader.js'
import type { PlannedProvider, PlannedVerifier } from './plan.js'

/** As much of a run's record as is needed here. */
interface CapturedRun {
  readonly verifiers: readonly { readonly planned: PlannedVerifier }[]
  readonly providers: readonly {
    readonly planned: PlannedProvider
    readonly address: Hex
    readonly stakeBefore: bigint
    readonly stakeAfter: bigint
  }[]
  readonly epochs: readonly { readonly leaves: readonly Leaf[] }[]
  readonly settlements: readonly SeenSettlement[]
}

export const isCaptured = ({ verifiers }: Pick<CapturedRun, 'verifiers'>): boolean =>
  isSupermajority(verifiers.filter(({ planned }) => planned.profile === 'colluder').length, verifiers.length)

/** The penalties of the last epoch may still wait. */
export function capturedFailures({ providers, epochs, settlements }: CapturedRun): string[] {
  const keepers = providers.filter(({ planned }) => planned.profileName === 'honest')
  const slanders = epochs.slice(0, -1).flatMap(({ leaves }) => leaves.filter(({ penaltyBps }) => penaltyBps > 0))
  const isRefuted = (provider: string, epoch: number) =>
    settlements.some(one => one.refuted && one.provider === provider && one.epoch === epoch)
  const wrong = keepers.flatMap(({ planned: { name }, address }) =>
    slanders.filter(({ provider }) => provider === address).map(({ epoch }) => ({ name, address, epoch })),
  )
  return [
    ...(wrong.length === 0 && epochs.length > FIRST_SLANDER ? ['The colluders certified no wrong penalty.'] : []),
    ...wrong
      .filter(({ address, epoch }) => !isRefuted(address, epoch))
      .map(({ name, epoch }) => `Nobody refuted the penalty of ${name} in epoch ${epoch}.`),
    ...keepers
      .filter(({ stakeBefore, stakeAfter }) => stakeBefore !== stakeAfter)
      .map(({ planned: { name } }) => `${name} lost stake, although it kept its claim.`),
  ]
}
