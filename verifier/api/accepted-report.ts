/** The accepted reports that a verifier holds, and the evidence of each. */
import { toHex, ZERO_HASH } from '../../proto/hex.js'
import { encodeLeaf } from '../../proto/leaf.js'
import type { PostedReport } from '../core/ports.js'
import { encodeCarryOver } from '../core/scoring/carry-over.js'
import { type EvidenceJson, factsJson } from '../evidence/schema/evidence.js'
import type { VerifierNode } from '../node/verifier-node.js'
import type { StoredReport } from '../store/store.js'

type Parts = Pick<VerifierNode, 'chain' | 'store' | 'network'>
export type AcceptedReport = StoredReport & { readonly posted: PostedReport }

/** @param which an epoch, or `latest`. Undefined for a report that the chain has not accepted or this node does not hold */
export async function acceptedReport({ chain, store }: Parts, which: string): Promise<AcceptedReport | undefined> {
  const tip = await chain.tip()
  const epoch = which === 'latest' ? tip.epoch : Number(which)
  if (epoch === 0 || epoch > tip.epoch) return undefined
  const posted = await chain.posted(epoch)
  const held = posted && (await store.getReport(posted.headerHash))
  return held && { ...held, posted }
}

/** Undefined where a part of it was not kept. */
export async function evidenceOf(node: Parts, report: AcceptedReport): Promise<EvidenceJson | undefined> {
  const { header, headerHash, posted, leaves, ballots } = report
  const { chain, store, network } = node
  const facts = await store.getFacts(header.epoch, header.blockHash)
  const linked = facts && (await store.getReport(facts.linkReport.headerHash))
  const isFirst = header.previousHeader === ZERO_HASH
  const previous = isFirst ? undefined : await store.getReport(header.previousHeader)
  const encoded = await Promise.all(ballots.map(({ root }) => store.getBallot(root)))
  const kept = encoded.filter(bytes => bytes !== undefined)
  const isComplete = kept.length > 0 && kept.length === encoded.length && (isFirst || previous !== undefined)
  if (facts === undefined || !isComplete || (linked === undefined && facts.linkReport.epoch > 0)) return undefined
  return {
    params: network.params,
    network: chain.network,
    facts: factsJson(facts),
    previous: {
      epoch: previous?.header.epoch ?? 0,
      headerHash: header.previousHeader,
      leaves: previous ? encodeCarryOver(previous).map(toHex) : [],
    },
    linkLeaves: (linked?.leaves ?? []).map(leaf => toHex(encodeLeaf(leaf))),
    ballots: kept.map(toHex),
    header,
    headerHash,
    leaves: leaves.map(leaf => toHex(encodeLeaf(leaf))),
    posted,
  }
}
