/** Whether the votes of a ballot show the schedule that their verifier signed. It draws the verifier's instants and soaks. */
import { type NetworkId, providerSchedule, scheduleDigest } from '../../proto/digests.js'
import type { Ballot } from '../../proto/messages.js'
import type { Vote } from '../../proto/vote.js'
import type { BlsVerifier } from '../bls/verifier.js'
import { type ChainFacts, verifierOf } from '../core/facts.js'

/** @param votes of the ballot @returns why they do not; undefined if they do */
export function scheduleFault(
  verifier: BlsVerifier,
  network: NetworkId,
  facts: ChainFacts,
  ballot: Pick<Ballot, 'verifier' | 'schedule'>,
  votes: readonly Vote[],
): string | undefined {
  const blsKey = verifierOf(facts, ballot.verifier)?.blsKey
  if (blsKey === undefined) return 'not in the frozen set'
  if (!verifier.verify(blsKey, scheduleDigest(network, facts, facts.beacon), ballot.schedule)) {
    return 'wrong schedule signature'
  }
  return showsSchedule(ballot.schedule, votes) ? undefined : 'a wrong schedule proof'
}

/** Whether each vote shows its part of the schedule. */
export const showsSchedule = (schedule: Uint8Array, votes: readonly Vote[]): boolean =>
  votes.every(({ scheduleProof, provider }) => scheduleProof === providerSchedule(schedule, provider))
