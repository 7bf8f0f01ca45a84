/** The evidence of one provider, from what a node holds: its leaves, the votes on it, and their ways to the roots. */
import { type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import { assign } from '../core/assignment/assign.js'
import { linkGroups } from '../core/assignment/link-groups.js'
import type { ActiveProvider, ChainFacts } from '../core/facts.js'
import { asLeaf } from '../evidence/recompute-provider.js'
import { factsJson } from '../evidence/schema/evidence.js'
import type { ProvenJson, ProviderEvidenceJson } from '../evidence/schema/provider-evidence.js'
import { AssignmentPool } from './assignment-pool.js'
import type { Trees } from './leaf-trees.js'
import { Problem } from './problem.js'
import type { ReportingNode } from './reporting-node.js'
import { type Accepted, evidenceNotKept } from './reports.js'

/** Tasks that wait for the worker. Those who ask for more are told to come again. */
const MAX_WAITING = 16

interface Proving {
  readonly leafOf: (headerHash: Hex, provider: Hex) => Promise<ProvenJson | undefined>
  readonly proofOf: (root: Hex, vote: Uint8Array) => Promise<readonly Hex[] | undefined>
}

export class ProviderEvidence {
  constructor(
    private readonly node: Pick<ReportingNode, 'chain' | 'store' | 'network'>,
    private readonly trees: Trees,
    private readonly pool = new AssignmentPool(),
  ) {}

  /** Whoever waits for the worker gets an error. */
  close(): Promise<void> {
    return this.pool.close()
  }

  /**
   * Undefined for an account without a leaf in the report.
   * @throws Problem 'not-kept' where a part of it was not kept; 'overloaded'
   */
  of(report: Accepted, provider: Hex): Promise<ProviderEvidenceJson | undefined> {
    return this.#make(report, provider, {
      leafOf: (headerHash, account) => this.trees.leaf(headerHash, account),
      proofOf: (root, vote) => this.trees.voteProof(root, vote),
    })
  }

  /**
   * The same without proofs, for this node itself: it checked all of it before it stored it. To prove something takes the
   * hashes of all leaves and of all votes.
   */
  held(report: Accepted, provider: Hex): Promise<ProviderEvidenceJson | undefined> {
    return this.#make(report, provider, {
      leafOf: async (headerHash, account) => {
        const encoded = await this.node.store.reports.leaf(headerHash, account)
        return encoded && { encoded: toHex(encoded), proof: [] }
      },
      proofOf: async () => [],
    })
  }

  async #make(report: Accepted, provider: Hex, proving: Proving): Promise<ProviderEvidenceJson | undefined> {
    const { header, headerHash, posted } = report
    const { chain, store, network } = this.node
    const facts = await store.getFacts(header.epoch, header.blockHash)
    if (facts === undefined || report.ballots.length === 0) throw evidenceNotKept(report)
    const leaf = await proving.leafOf(headerHash, provider)
    const own = facts.providers.find(({ account }) => account === provider)
    if (leaf === undefined || own === undefined) return undefined
    const together = togetherWith(own, facts)
    const [previous, links, votes] = await Promise.all([
      this.#reportBefore(report, provider, proving),
      this.#links(report, facts.linkReport.headerHash, together, proving),
      this.#votes(report, provider, proving),
    ])
    return {
      ...{ provider, params: network.params, network: chain.network, header, headerHash, posted },
      facts: factsJson({ ...facts, providers: together }),
      leaf: asLeaf(leaf),
      ...{ previous, links, votes, ballotSet: report.ballots },
      beside: await this.#beside(own, together, facts),
    }
  }

  async #reportBefore(report: Accepted, provider: Hex, { leafOf }: Proving): Promise<ProviderEvidenceJson['previous']> {
    const { previousHeader } = report.header
    if (previousHeader === ZERO_HASH) return { header: null, leaf: null }
    const before = await this.node.store.reports.find(previousHeader)
    if (before === undefined) throw evidenceNotKept(report)
    return { header: before.header, leaf: (await leafOf(previousHeader, provider)) ?? null }
  }

  async #links(
    report: Accepted,
    headerHash: Hex,
    together: readonly ActiveProvider[],
    { leafOf }: Proving,
  ): Promise<ProviderEvidenceJson['links']> {
    if (headerHash === ZERO_HASH) return { header: null, leaves: [] }
    const linked = await this.node.store.reports.find(headerHash)
    if (linked === undefined) throw evidenceNotKept(report)
    const leaves = await Promise.all(together.map(({ account }) => leafOf(headerHash, account)))
    return { header: linked.header, leaves: leaves.filter(leaf => leaf !== undefined).map(asLeaf) }
  }

  async #votes(report: Accepted, provider: Hex, { proofOf }: Proving): Promise<ProviderEvidenceJson['votes']> {
    const { ballots } = this.node.store
    const votes: ProviderEvidenceJson['votes'][number][] = []
    for (const { verifier, root } of report.ballots) {
      const head = await ballots.head(root)
      if (head === undefined) throw evidenceNotKept(report)
      const vote = await ballots.vote(root, provider)
      if (vote === undefined) continue
      const proof = await proofOf(root, vote)
      if (proof === undefined) throw evidenceNotKept(report)
      votes.push({
        ...{ verifier, signature: toHex(head.signature), schedule: toHex(head.schedule), encoded: toHex(vote) },
        proof,
      })
    }
    return votes
  }

  /** The plan of the whole epoch, which takes long, tells it only of a provider that shares its link with a larger one. */
  async #beside(own: ActiveProvider, together: readonly ActiveProvider[], facts: ChainFacts) {
    const { params } = this.node.network
    const provider = own.account
    if (assign({ ...facts, providers: together }, params).besideOf(provider).length === 0) return []
    if (this.pool.waiting >= MAX_WAITING)
      throw new Problem(
        'overloaded',
        'The node computes as many plans as it takes at a time. Try again in a few seconds.',
      )
    return this.pool.run({ facts, params, provider })
  }
}

/** Those that are measured at the same instants, itself included. */
const togetherWith = (own: ActiveProvider, facts: ChainFacts): readonly ActiveProvider[] =>
  linkGroups(facts).find(group => group.includes(own)) ?? [own]
