/**
 * The work that a report pays for: that of an earlier report, from its ballots. A node that computed the earlier report
 * still knows its work. Another node fetches what is missing from peers and computes the work again.
 */
import type { Header } from '../../proto/header.js'
import type { Hex } from '../../proto/hex.js'
import type { ReportId } from '../core/facts.js'
import type { PostedReport } from '../core/ports.js'
import { type EpochWork, WorkTally } from '../core/rewards/work.js'
import type { CarryOver } from '../core/scoring/carry-over.js'
import { leafTree } from '../core/scoring/report.js'
import type { VerifierContext } from './context.js'
import type { EpochFacts } from './epoch-facts.js'
import { type Ballots, evaluateBallots } from './evaluating.js'
import type { PeerSync } from './peer-sync.js'

/** The proposals of the last epochs, even if leaders fail. Work that is no longer kept is computed again. */
const KEPT_REPORTS = 32

export class PaidWork {
  readonly #known = new Map<Hex, EpochWork>()

  /** @param before the report before an accepted one. Undefined if nobody that answers has it */
  constructor(
    private readonly context: Pick<VerifierContext, 'params' | 'chain'>,
    private readonly epochFacts: Pick<EpochFacts, 'reread'>,
    private readonly peers: Ballots & Pick<PeerSync, 'ballotSet'>,
    private readonly before: (header: Header) => Promise<(CarryOver & { readonly epoch: number }) | undefined>,
  ) {}

  /** Remembers the work of a report that this node has computed. */
  keep(headerHash: Hex, work: EpochWork): void {
    this.#known.set(headerHash, work)
    const [oldest] = this.#known.keys()
    if (this.#known.size > KEPT_REPORTS) this.#known.delete(oldest!)
  }

  /** Undefined if the chain has no such report any more, or no verifier that answers has what it follows from. */
  async of({ epoch, headerHash }: ReportId): Promise<EpochWork | undefined> {
    const known = this.#known.get(headerHash)
    if (known !== undefined) return known
    const posted = await this.context.chain.posted(epoch)
    const work = posted?.headerHash === headerHash ? await this.#compute(posted) : undefined
    if (work !== undefined) this.keep(headerHash, work)
    return work
  }

  async #compute(posted: PostedReport): Promise<EpochWork | undefined> {
    const { params } = this.context
    const { header } = posted
    const ballotSet = await this.peers.ballotSet(posted)
    if (ballotSet === undefined) return undefined
    const { facts, assignment } = await this.epochFacts.reread(header.epoch)
    const previous = await this.before(header)
    if (previous === undefined) return undefined
    const input = { params, facts, assignment, previous }
    const work = new WorkTally(input)
    const evaluation = await evaluateBallots(this.peers, ballotSet, input, work.add)
    if (evaluation === undefined) return undefined
    const { leaves } = evaluation
    // The leaves that are paid must be those that were certified.
    return leafTree(leaves).root === header.scoreRoot ? work.work({ ballotSet, leaves }) : undefined
  }
}
