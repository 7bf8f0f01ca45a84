/** Why votes count as they do: each reason once, with the verifiers whose votes it concerns. */
import type { VoteJson } from '../schema/explanation.js'

export interface VoteReason extends Pick<VoteJson, 'counted' | 'why'> {
  /** registry indices, in the order of the votes */
  readonly verifiers: readonly number[]
}

export function voteReasons(votes: readonly VoteJson[]): VoteReason[] {
  const reasonOf = ({ counted, why }: VoteJson) => `${counted} ${why}`
  return [...new Set(votes.map(reasonOf))].map(reason => {
    const alike = votes.filter(vote => reasonOf(vote) === reason)
    return { counted: alike[0]!.counted, why: alike[0]!.why, verifiers: alike.map(({ verifier }) => verifier) }
  })
}
