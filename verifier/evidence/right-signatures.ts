/** Which signatures of ballots are right, checked together in this thread. */
import type { NetworkId } from '../../proto/digests.js'
import { BatchChecks } from '../bls/check.js'
import type { ChainFacts } from '../core/facts.js'
import { type BallotSignature, ballotSignatures, type SignedBallot } from './ballot-signatures.js'

/** Whether each ballot carries its verifier's signature, and that of its schedule: all checked together. */
export function rightSignatures(ballots: readonly SignedBallot[], facts: ChainFacts, network: NetworkId) {
  const ofBallots = ballots.map(ballot => ballotSignatures(network, facts, ballot))
  const toCheck = ofBallots.flatMap(pair => (pair ? [pair.own, pair.schedule] : []))
  const verdicts = new BatchChecks().check(toCheck.map(({ blsKey, ...rest }) => ({ keys: [blsKey], ...rest })))
  const right = new Set<BallotSignature>(toCheck.filter((_, i) => verdicts[i]))
  return ofBallots.map(pair => ({
    own: pair !== undefined && right.has(pair.own),
    schedule: pair !== undefined && right.has(pair.schedule),
  }))
}
