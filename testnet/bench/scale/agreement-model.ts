/**
 * How long verifiers need from the reveal of their ballots to the certificate, computed from measured costs. All verifiers do
 * alike, each step begins when all have ended the one before, and a step's transfer and checks do not overlap: so it is what
 * the phases of a network have to hold at least. Pure.
 */
import type { MessageBytes } from './message-bytes.js'

/** Of each verifier, up and down. */
export const LINK_MBPS = 100
/** Peers to which gossip hands a message: gossipsub's usual degree of the mesh. At most so many copies come, too. */
export const MESH = 6
/** From one verifier to the next, through half of the world. */
export const HOP_SECONDS = 0.1

/** Seconds on one machine. */
export interface CheckCosts {
  /** one signature among others, over different digests */
  readonly signature: number
  /** one signature among others over the same digest */
  readonly sharedSignature: number
  /** adding one signature to a certificate */
  readonly aggregated: number
  /** one vote of a fetched ballot: its hash, its fields and its schedule */
  readonly vote: number
}

/** Seconds. */
export interface AgreementSteps {
  /** heads of ballots spread, and the two signatures of each are checked */
  readonly reveal: number
  /** indices and parts of the other ballots are fetched, and their votes checked */
  readonly fetch: number
  /** seen lists spread and are checked */
  readonly list: number
  /** the leader computes the report; its proposal spreads; the others compute the report */
  readonly propose: number
  /** signatures of the report spread, are checked and added up; the certificate spreads and is checked */
  readonly certify: number
}

export function agreementSteps(
  verifiers: number,
  bytes: MessageBytes,
  costs: CheckCosts,
  reportSeconds: number,
): AgreementSteps {
  const { gossip, ballot, votes } = bytes
  const hops = hopsTo(verifiers)
  const spread = (of: number): number => MESH * transfer(of) + hops * HOP_SECONDS
  const isFetched = ballot.parts > 0
  const fetched = (verifiers - 1) * transfer(ballot.index + ballot.parts)
  return {
    reveal: spread(gossip.ballots) + 2 * verifiers * costs.signature,
    // Request and answer of the index, then of the parts.
    fetch: (isFetched ? fetched + 4 * HOP_SECONDS : 0) + (verifiers - 1) * votes * costs.vote,
    list: spread(gossip.seenLists) + verifiers * costs.signature,
    propose: 2 * reportSeconds + spread(gossip.proposal) + costs.signature,
    certify:
      spread(gossip.partials) +
      verifiers * (costs.sharedSignature + costs.aggregated) +
      spread(gossip.certificate) +
      costs.signature,
  }
}

export const totalSeconds = (steps: AgreementSteps): number =>
  Object.values(steps).reduce((sum, seconds) => sum + seconds, 0)

const transfer = (bytes: number): number => (8 * bytes) / (LINK_MBPS * 1e6)

/** Until all of them have heard a message, each handing it to `MESH` others. */
const hopsTo = (verifiers: number): number => Math.ceil(Math.log(verifiers) / Math.log(MESH))
