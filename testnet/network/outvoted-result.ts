/**
 * What the chain must show if more than f of the receivers make their votes up, and sign the right report of them. The report
 * is then the right one of wrong votes, and no node can tell. A breach still needs 2f+1 low votes: up to 2f liars take no stake
 * of a provider that keeps its claim. Whoever breaks its claim may escape.
 */
import { faultsTolerated } from '../../proto/quorum.js'
import { CONDUCT } from '../profiles/profiles.js'
import type { PlannedProvider, PlannedVerifier } from './plan.js'

/** As much of a run's record as is needed here. */
interface OutvotedRun {
  readonly verifiers: readonly { readonly planned: PlannedVerifier }[]
  readonly providers: readonly {
    readonly planned: PlannedProvider
    readonly stakeBefore: bigint
    readonly stakeAfter: bigint
  }[]
}

const liarsOf = ({ verifiers }: Pick<OutvotedRun, 'verifiers'>): number =>
  verifiers.filter(({ planned }) => CONDUCT[planned.profile].lies).length

export const isOutvoted = (run: Pick<OutvotedRun, 'verifiers'>): boolean =>
  liarsOf(run) > faultsTolerated(run.verifiers.length)

export function outvotedFailures(run: OutvotedRun): string[] {
  if (liarsOf(run) > 2 * faultsTolerated(run.verifiers.length)) return []
  return run.providers
    .filter(({ planned }) => planned.profileName === 'honest')
    .filter(({ stakeBefore, stakeAfter }) => stakeBefore !== stakeAfter)
    .map(({ planned: { name } }) => `${name} lost stake, although at most 2f receivers lie.`)
}
