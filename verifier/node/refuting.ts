/**
 * Refutes wrong penalties. If the chain accepts a report that does not follow from its ballots, or that this verifier could
 * not recompute, it voids each penalty that the votes of the report's own ballot set contradict, for any provider.
 */
import { windowStart } from '../../proto/epoch.js'
import type { Header } from '../../proto/header.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import { decodeLeaf, type Leaf } from '../../proto/leaf.js'
import { leafPart } from '../../proto/leaf-state.js'
import { MerkleTree } from '../../proto/merkle.js'
import { type AssignedReceiver, assignedRoot } from '../core/assignment/assigned.js'
import type { ChainFacts } from '../core/facts.js'
import type { PostedReport } from '../core/ports.js'
import { type BallotedReport, type BallotVote, refutationOf } from '../core/scoring/refutation.js'
import type { VerifierContext } from './context.js'
import type { EpochFacts } from './epoch-facts.js'
import { logFailure } from './failures.js'
import type { PeerSync } from './peer-sync.js'
import { reportBefore } from './report-before.js'
import type { Transmission } from './transmission.js'
import { poll } from './waiting.js'

/** From an attempt that failed, since the chain or a peer did not answer, to the next one. */
const RETRY_MS = 2000

export interface RefutingModules {
  readonly peers: Pick<PeerSync, 'ballot' | 'ballotVote' | 'ballotSet' | 'leaves'>
  readonly epochFacts: Pick<EpochFacts, 'get'>
  readonly transmission: Pick<Transmission, 'refute'>
}

type SetReport = Pick<BallotedReport, 'header' | 'ballotSet'>

export class Refuting {
  constructor(
    private readonly context: Pick<VerifierContext, 'chain' | 'params' | 'store' | 'log' | 'stopping' | 'fail'>,
    private readonly modules: RefutingModules,
  ) {}

  /** Resolves once every penalty that its ballots contradict is void, or settled, or final. Tries again until then. */
  async refute(posted: PostedReport): Promise<void> {
    const attempt = () =>
      this.#refute(posted).then(
        () => true,
        error => logFailure(this.context, error, 'could not refute the accepted report, will try again'),
      )
    await poll(async () => (await attempt()) || undefined, RETRY_MS, this.context.stopping)
  }

  async #refute(posted: PostedReport): Promise<void> {
    const { params, log, chain } = this.context
    const { epochFacts, transmission } = this.modules
    const { header } = posted
    if (await chain.isFinal(header.epoch)) return
    const leaves = await this.#leavesOf(posted)
    const penalised = leaves.filter(({ penaltyBps }) => penaltyBps > 0)
    if (penalised.length === 0) return
    const { facts } = await epochFacts.get(header.epoch)
    const inWindow = await this.#windowOf(posted)
    // The assignment of an epoch does not name the receivers of a provider that has left by then.
    const records = await Promise.all(inWindow.map(one => epochFacts.get(one.header.epoch)))
    const previousEpoch = await this.#previousEpochOf(header)
    for (const leaf of penalised) {
      const assigned =
        records
          .map(({ assignment }) => assignment.assignedOf(leaf.provider))
          .find(receivers => assignedRoot(receivers) === leaf.assignedRoot) ?? []
      const [own, ...earlier] = await Promise.all(
        inWindow.map((one, i) => this.#withVotes(one, records[i]!.facts, leaf.provider, assigned)),
      )
      const reports = [own!, ...earlier] as const
      const refutation = refutationOf({ params, leaf, leaves, reports, previousEpoch, assigned })
      const about = { epoch: header.epoch, provider: leaf.provider, penaltyBps: leaf.penaltyBps }
      if (refutation === undefined) log.warn(about, 'the votes of its ballot set do not contradict this penalty')
      else await transmission.refute(refutation, facts)
    }
  }

  /**
   * The leaves that were accepted: this node's, or those of a peer that holds them. What a leaf's digests stand for does not
   * matter: a captured set could make it undecodable. @throws Error if no peer has the leaves
   */
  async #leavesOf(posted: PostedReport): Promise<readonly Leaf[]> {
    const held = await this.context.store.getReport(posted.headerHash)
    if (held !== undefined) return held.leaves
    return this.modules.peers.leaves(posted, encoded =>
      new MerkleTree(encoded.map(leafPart)).root === posted.header.scoreRoot
        ? encoded.map(one => decodeLeaf(leafPart(one)))
        : undefined,
    )
  }

  /** The report, and those of the epochs of its window that have one, each with its ballot set. */
  async #windowOf(posted: PostedReport): Promise<SetReport[]> {
    const { chain, params } = this.context
    const { epoch } = posted.header
    const reports = [posted]
    for (let before = windowStart(epoch, params.windowEpochs); before < epoch; before++) {
      const report = await chain.posted(before)
      if (report !== undefined) reports.push(report)
    }
    return Promise.all(
      reports.map(async report => {
        const ballotSet = await this.modules.peers.ballotSet(report)
        if (ballotSet === undefined) throw new Error(`no peer has the ballots of epoch ${report.header.epoch}`)
        return { header: report.header, ballotSet }
      }),
    )
  }

  /** Only of the receivers that were due in the report's epoch: a window has a ballot of each of them in each epoch. */
  async #withVotes(
    { header, ballotSet }: SetReport,
    facts: ChainFacts,
    provider: Hex,
    assigned: readonly AssignedReceiver[],
  ): Promise<BallotedReport> {
    const { peers } = this.modules
    const due = new Set(assigned.filter(({ epoch }) => epoch === header.epoch).map(({ receiver }) => receiver))
    const votes = new Map<Hex, BallotVote>()
    for (const entry of ballotSet.filter(({ verifier }) => due.has(verifier))) {
      const vote = (await peers.ballot(entry, facts)) && (await peers.ballotVote(entry.root, provider))
      if (vote !== undefined) votes.set(entry.root, vote)
    }
    return { header, ballotSet, votes }
  }

  /** By the chain, since this node may not hold the report before. @throws Error if the chain has moved away */
  async #previousEpochOf(header: Header): Promise<number> {
    if (header.previousHeader === ZERO_HASH) return 0
    const before = await reportBefore(this.context.chain, header)
    if (before === undefined) throw new Error(`the chain moved away from epoch ${header.epoch}`)
    return before.header.epoch
  }
}
