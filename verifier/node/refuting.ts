/**
 * Refutes wrong penalties. If the chain accepts a report that does not follow from its ballots, or that this verifier could
 * not recompute, it voids each penalty that the votes of the report's own ballot set contradict, for any provider.
 */
import { windowStart } from '../../proto/epoch.js'
import type { Header } from '../../proto/header.js'
import { ZERO_HASH } from '../../proto/hex.js'
import { decodeLeaf, type Leaf } from '../../proto/leaf.js'
import { leafPart } from '../../proto/leaf-state.js'
import { MerkleTree } from '../../proto/merkle.js'
import { assignedRoot } from '../core/assignment/assigned.js'
import type { PostedReport } from '../core/ports.js'
import { type BallotedReport, refutationOf } from '../core/scoring/refutation.js'
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
  readonly peers: Pick<PeerSync, 'votes' | 'ballotSet' | 'leaves'>
  readonly epochFacts: Pick<EpochFacts, 'get'>
  readonly transmission: Pick<Transmission, 'refute'>
}

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
    const reports = await this.#windowOf(posted)
    // The assignment of an epoch does not name the receivers of a provider that has left by then.
    const assignments = await Promise.all(reports.map(one => epochFacts.get(one.header.epoch)))
    const previousEpoch = await this.#previousEpochOf(header)
    for (const leaf of penalised) {
      const assigned =
        assignments
          .map(({ assignment }) => assignment.assignedOf(leaf.provider))
          .find(receivers => assignedRoot(receivers) === leaf.assignedRoot) ?? []
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

  /** The report, and those of the epochs of its window that have one. */
  async #windowOf(posted: PostedReport): Promise<[BallotedReport, ...BallotedReport[]]> {
    const { chain, params } = this.context
    const { epoch } = posted.header
    const earlier: PostedReport[] = []
    for (let before = windowStart(epoch, params.windowEpochs); before < epoch; before++) {
      const report = await chain.posted(before)
      if (report !== undefined) earlier.push(report)
    }
    return [await this.#balloted(posted), ...(await Promise.all(earlier.map(one => this.#balloted(one))))]
  }

  async #balloted(posted: PostedReport): Promise<BallotedReport> {
    const ballotSet = await this.modules.peers.ballotSet(posted)
    if (ballotSet === undefined) throw new Error(`no peer has the ballots of epoch ${posted.header.epoch}`)
    const { facts } = await this.modules.epochFacts.get(posted.header.epoch)
    const ballots = new Map<`0x${string}`, readonly Uint8Array[]>()
    for (const entry of ballotSet) {
      const votes = await this.modules.peers.votes(entry, facts)
      if (votes !== undefined) ballots.set(entry.root, votes)
    }
    return { header: posted.header, ballotSet, ballots }
  }

  /** By the chain, since this node may not hold the report before. @throws Error if the chain has moved away */
  async #previousEpochOf(header: Header): Promise<number> {
    if (header.previousHeader === ZERO_HASH) return 0
    const before = await reportBefore(this.context.chain, header)
    if (before === undefined) throw new Error(`the chain moved away from epoch ${header.epoch}`)
    return before.header.epoch
  }
}
