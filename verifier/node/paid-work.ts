/**
 * The work that a report pays for: that of an earlier report, from its ballots. A node that computed the earlier report
 * still knows its work. Another node fetches what is missing from peers and computes the work again.
 */
import type { Header } from '../../proto/header.js'
import type { Hex } from '../../proto/hex.js'
import type { PaidReport, ReportId } from '../core/facts.js'
import type { VerifierContext } from './context.js'
import type { Computation } from './desk/computation.js'
import type { Before } from './desk/desk.js'
import type { EpochFacts } from './epoch-facts.js'
import { heldBallots } from './held-ballots.js'
import type { PeerSync } from './peer-sync.js'

export class PaidWork {
  /** @param before the report before an accepted one. Undefined if nobody that answers has it */
  constructor(
    private readonly context: Pick<VerifierContext, 'chain'> & {
      readonly computation: Pick<Computation, 'lacksWork' | 'work'>
    },
    private readonly epochFacts: Pick<EpochFacts, 'reread'>,
    private readonly peers: Pick<PeerSync, 'parts' | 'ballotSet'>,
    private readonly before: (header: Header) => Promise<Before | undefined>,
  ) {}

  /**
   * The reports whose work one pays for: first the paid one, then the others that decoys cover. Their work is known then.
   * Undefined if the chain has no such report any more, or no verifier that answers has what it follows from.
   * @throws ThreadDied; ThreadEnded
   */
  async ready({ epoch, headerHash, covered }: PaidReport): Promise<Hex[] | undefined> {
    if (epoch === 0) return []
    const reports: readonly ReportId[] = [{ epoch, headerHash }, ...covered]
    const works = reports.map(report => report.headerHash)
    const lacking = await this.context.computation.lacksWork(works)
    for (const report of reports.filter(one => lacking.includes(one.headerHash)))
      if (!(await this.#compute(report))) return undefined
    return works
  }

  async #compute({ epoch, headerHash }: ReportId): Promise<boolean> {
    const { chain, computation } = this.context
    const posted = await chain.posted(epoch)
    if (posted?.headerHash !== headerHash) return false
    const ballotSet = await this.peers.ballotSet(posted)
    if (ballotSet === undefined) return false
    const { facts } = await this.epochFacts.reread(epoch)
    const ballots = await heldBallots(this.peers, ballotSet, facts)
    const before = await this.before(posted.header)
    if (ballots === undefined || before === undefined) return false
    return computation.work({ facts, before, ballots }, { headerHash, scoreRoot: posted.header.scoreRoot })
  }
}
