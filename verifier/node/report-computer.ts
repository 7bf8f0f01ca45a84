/** Computes the report of an epoch from a ballot set. Ballots that this node lacks are fetched from peers. */
import type { SeenEntry } from '../../proto/digests.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { ChainFacts } from '../core/facts.js'
import { NOTHING_CARRIED } from '../core/scoring/carry-over.js'
import type { Computation } from './desk/computation.js'
import type { Before, ComputedReport } from './desk/desk.js'
import type { EpochFacts } from './epoch-facts.js'
import { heldBallots } from './held-ballots.js'
import type { PaidWork } from './paid-work.js'
import type { PeerSync } from './peer-sync.js'

/** The last accepted report, from which the next one is computed. */
export interface State extends Before {
  /** as in `StoredReport` */
  readonly isWrong: boolean
}

/** Before the first report. */
export const GENESIS_STATE: State = { epoch: 0, headerHash: ZERO_HASH, rewards: [], isWrong: false, ...NOTHING_CARRIED }

/** What a report follows from, and the report as soon as it is computed. */
interface Computing {
  readonly from: string
  readonly report: Promise<ComputedReport | undefined>
}

export class ReportComputer {
  /** The leaders of one epoch propose one ballot set, for the most part, and a busy machine has no time to compute it anew. */
  #newest: Computing | undefined

  constructor(
    private readonly context: { readonly computation: Pick<Computation, 'report' | 'twice'> },
    private readonly epochFacts: Pick<EpochFacts, 'reread'>,
    private readonly peers: Pick<PeerSync, 'parts'>,
    private readonly paidWork: Pick<PaidWork, 'ready'>,
  ) {}

  /**
   * Undefined if no verifier that answers has one of the ballots, or the work that the report pays for.
   * @param holders of each ballot, by its root, as far as they are known
   */
  async compute(
    epoch: number,
    previous: State,
    ballotSet: readonly SeenEntry[],
    holders?: ReadonlyMap<Hex, readonly number[]>,
  ): Promise<ComputedReport | undefined> {
    const { facts } = await this.epochFacts.reread(epoch)
    const entries = ballotSet.map(({ verifier, root }) => `${verifier}:${root}`)
    const from = [epoch, facts.blockHash, previous.headerHash, ...entries].join()
    if (this.#newest?.from === from) return this.#newest.report
    const computing: Computing = { from, report: this.#compute(facts, previous, ballotSet, holders) }
    this.#newest = computing
    // A peer may have next time what is missing now.
    const forget = () => {
      if (this.#newest === computing) this.#newest = undefined
    }
    computing.report.then(report => report ?? forget(), forget)
    return computing.report
  }

  async #compute(
    facts: ChainFacts,
    before: State,
    ballotSet: readonly SeenEntry[],
    holders: ReadonlyMap<Hex, readonly number[]> | undefined,
  ): Promise<ComputedReport | undefined> {
    const { computation } = this.context
    const ballots = await heldBallots(this.peers, ballotSet, facts, holders)
    if (ballots === undefined) return undefined
    return computation.twice(async () => {
      const works = await this.paidWork.ready(facts.paidReport)
      return works && computation.report({ facts, before, ballots }, works)
    })
  }
}
