/** The accepted reports that a node holds, and what follows from them. What is large is decoded once. */
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { decodeLeaf } from '../../proto/leaf.js'
import { leafPart } from '../../proto/leaf-state.js'
import type { PostedEvent } from '../core/chain-log.js'
import type { PostedReport } from '../core/ports.js'
import type { ProofJson } from '../evidence/schema/proof.js'
import type { ReportSummary, StoredReport } from '../store/store.js'
import type { ChainView } from './chain-view.js'
import { Trees } from './leaf-trees.js'
import { Problem } from './problem.js'
import { Recent } from './recent.js'
import type { ReportingNode } from './reporting-node.js'

/** A report comes to the chain a moment before it comes to the store. So `latest` may be the one before. */
const LATEST_BACK = 2
/** Decoded reports that are kept. Each may be of ten thousand providers. */
const KEPT = 2
/**
 * Has a node hold an accepted report, as far as it can be had.
 * @throws Problem that says why it cannot
 */
export type Bring = (report: Pick<PostedEvent, 'epoch' | 'headerHash'>) => Promise<void>

export type Accepted = ReportSummary & { readonly posted: PostedReport }

export class Reports {
  readonly #reports = new Recent<StoredReport>({ most: KEPT })
  readonly trees: Trees
  readonly #reposted = new Recent<PostedReport>({ most: KEPT })

  constructor(
    private readonly node: Pick<ReportingNode, 'chain' | 'store' | 'network'>,
    private readonly view: ChainView,
    private readonly bring: Bring = async () => undefined,
  ) {
    this.trees = new Trees(node.store)
  }

  /** @throws Problem 'not-found', 'not-kept' or 'chain-silent', and those of `bring` */
  async accepted(which: number | 'latest'): Promise<Accepted> {
    if (which !== 'latest') {
      const held = await this.#brought(await this.view.posted(which))
      if (held !== undefined) return held
      throw new Problem('not-kept', `This node holds no report of epoch ${which}. Ask another verifier.`)
    }
    const events = await this.view.events()
    const newest = events.lastPosted?.epoch ?? 0
    let fault: Problem | undefined
    for (let epoch = newest; epoch > Math.max(0, newest - LATEST_BACK); epoch--) {
      try {
        const event = events.postedIn(epoch)
        const held = event && (await this.#brought(event))
        if (held !== undefined) return held
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        fault ??= error
      }
    }
    if (fault !== undefined) throw fault
    if (newest === 0)
      throw new Problem('not-found', 'The chain has no report yet. Wait for the end of the first epoch.')
    throw new Problem('not-kept', `This node holds no report of epoch ${newest} yet. Ask another verifier.`)
  }

  async #brought(event: PostedEvent): Promise<Accepted | undefined> {
    await this.bring(event)
    return this.held(event.epoch)
  }

  /** The accepted report of an epoch, if this node holds it. */
  async held(epoch: number): Promise<Accepted | undefined> {
    const event = (await this.view.events()).postedIn(epoch)
    const held = event && (await this.node.store.reportSummary(epoch, event.headerHash))
    if (event === undefined || held?.posted === undefined) return undefined
    if (held.posted.txHash === event.txHash) return { ...held, posted: held.posted }
    // A reorganisation has posted the same header again, perhaps with other signers.
    const posted = await this.#reposted.get(event.txHash, async () => {
      const again = await this.node.chain.posted(epoch)
      return again?.headerHash === event.headerHash ? again : held.posted!
    })
    return { ...held, posted }
  }

  /** As `accepted`, but undefined for a report that cannot be had now. */
  async obtained(epoch: number): Promise<Accepted | undefined> {
    try {
      return await this.accepted(epoch)
    } catch (error) {
      if (error instanceof Problem) return undefined
      throw error
    }
  }

  /** With its leaves. @throws Problem 'not-kept' */
  whole({ headerHash, header }: Pick<Accepted, 'headerHash' | 'header'>): Promise<StoredReport> {
    return this.#reports.get(headerHash, async () => {
      const report = await this.node.store.getReport(headerHash)
      if (report !== undefined) return report
      throw new Problem(
        'not-kept',
        `This node holds no report of epoch ${header.epoch} any more. Ask another verifier.`,
      )
    })
  }

  /** @throws Problem 'not-found' for a provider without a leaf; 'not-kept' */
  async proof(report: Accepted, provider: Hex): Promise<ProofJson> {
    const { header, headerHash } = report
    const held = await this.trees.leaf(headerHash, provider)
    if (held === undefined) throw noLeaf(report, provider)
    const encoded = leafPart(fromHex(held.encoded))
    return { header, headerHash, leaf: decodeLeaf(encoded), encodedLeaf: toHex(encoded), proof: held.proof }
  }
}

export const noLeaf = ({ header }: Accepted, provider: Hex): Problem =>
  new Problem('not-found', `${provider} has no leaf in the report of epoch ${header.epoch}. Ask for another epoch.`)

export const evidenceNotKept = ({ header }: Accepted): Problem =>
  new Problem('not-kept', `This node does not hold the evidence of epoch ${header.epoch}. Ask another verifier.`)

/** Names an accepted report and its transaction: what is served of both changes with this alone. */
export const tagOf = ({ headerHash, posted }: Accepted): string =>
  `${headerHash.slice(2, 34)}-${posted.txHash.slice(2, 18)}`
