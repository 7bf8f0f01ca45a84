/** What a ballot's signatures are over, and whether its votes show the schedule that their verifier signed. */
import { ballotDigest, type NetworkId, providerSchedule, scheduleDigest } from '../../proto/digests.js'
import { type Hex, toHex } from '../../proto/hex.js'
import type { Ballot } from '../../proto/messages.js'
import type { Vote } from '../../proto/vote.js'
import { type ChainFacts, verifierOf } from '../core/facts.js'

export type SignedBallot = Pick<Ballot, 'verifier' | 'root' | 'signature' | 'schedule'>

/** A signature that a ballot carries, and what its verifier must have signed. */
export interface BallotSignature {
  readonly blsKey: Hex
  readonly digest: Hex
  readonly signature: Uint8Array
}

/** Of the ballot itself, and of the schedule beside it. Undefined if the frozen set does not hold its verifier. */
export function ballotSignatures(
  network: NetworkId,
  facts: ChainFacts,
  { verifier, root, signature, schedule }: SignedBallot,
): { readonly own: BallotSignature; readonly schedule: BallotSignature } | undefined {
  const blsKey = verifierOf(facts, verifier)?.blsKey
  if (blsKey === undefined) return undefined
  return {
    own: { blsKey, digest: ballotDigest(network, facts, verifier, toHex(root)), signature },
    schedule: { blsKey, digest: scheduleDigest(network, facts, facts.beacon), signature: schedule },
  }
}

/** The schedule draws the verifier's instants and soaks. @param votes of the ballot */
export const showsSchedule = ({ schedule }: Pick<Ballot, 'schedule'>, votes: readonly Vote[]): boolean =>
  votes.every(({ scheduleProof, provider }) => scheduleProof === providerSchedule(schedule, provider))
