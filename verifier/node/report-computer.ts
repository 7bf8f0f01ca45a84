/** Computes the report of an epoch from a ballot set. Ballots that this node lacks are fetched from peers. */
import type { SeenEntry } from '../../proto/digests.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { decodeVote } from '../../proto/vote.js'
import { type CarryOver, NOTHING_CARRIED } from '../core/scoring/carry-over.js'
import { buildReport, type Report } from '../core/scoring/report.js'
import type { VerifierContext } from './context.js'
import type { EpochFacts } from './epoch-facts.js'
import type { PeerSync } from './peer-sync.js'

/** The last accepted report, from which the next one is computed. */
export interface State extends CarryOver {
  readonly epoch: number
  readonly headerHash: Hex
}

/** Before the first report. */
export const GENESIS_STATE: State = { epoch: 0, headerHash: ZERO_HASH, ...NOTHING_CARRIED }

export class ReportComputer {
  constructor(
    private readonly context: Pick<VerifierContext, 'params'>,
    private readonly epochFacts: Pick<EpochFacts, 'reread'>,
    private readonly peers: Pick<PeerSync, 'ballot'>,
  ) {}

  /** Undefined if no verifier that answers has one of the ballots. */
  async compute(epoch: number, previous: State, ballotSet: readonly SeenEntry[]): Promise<Report | undefined> {
    const { facts, assignment } = await this.epochFacts.reread(epoch)
    const ballots = await Promise.all(
      ballotSet.map(async ({ verifier, root }) => {
        const ballot = await this.peers.ballot(root)
        return ballot && { verifier, votes: ballot.votes.map(decodeVote) }
      }),
    )
    const complete = ballots.filter(ballot => ballot !== undefined)
    if (complete.length < ballots.length) return undefined
    return buildReport({
      params: this.context.params,
      facts,
      assignment,
      previous,
      previousHeader: previous.headerHash,
      ballotSet,
      ballots: complete,
    })
  }
}
