/**
 * The evidence of a whole epoch as JSON, written piece by piece as it is read: it is most of what a node holds of the epoch,
 * and many may ask at once.
 */
import { type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import { leafPart } from '../../proto/leaf-state.js'
import { WholeBallot } from '../../proto/messages.js'
import { VOTE_BYTES } from '../../proto/vote.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import { type EvidenceJson, factsJson } from '../evidence/schema/evidence.js'
import type { HeldItems } from '../store/report-rows.js'
import { Problem } from './problem.js'
import type { ReportingNode } from './reporting-node.js'
import { type Accepted, evidenceNotKept } from './reports.js'
import { Streamed } from './route.js'

type EvidenceNode = Pick<ReportingNode, 'chain' | 'store' | 'network'>

const NONE: HeldItems = { length: 0, bytes: 0, async *[Symbol.asyncIterator]() {} }
/** Of a vote in a ballot's encoding, and of an item in a list of JSON. */
const VOTE_FRAME_BYTES = 3
const HEAD_BYTES = 512
const ITEM_CHARACTERS = 5

/** @throws Problem 'not-kept' where a part of it was not kept; 'too-large' */
export async function wholeEvidence(node: EvidenceNode, report: Accepted): Promise<Streamed<EvidenceJson>> {
  const { header, headerHash, posted, ballots } = report
  const { store, chain, network } = node
  const facts = await store.getFacts(header.epoch, header.blockHash)
  const isFirst = header.previousHeader === ZERO_HASH
  const before = isFirst ? undefined : await store.reports.find(header.previousHeader)
  const [leaves, previous, linked] = await Promise.all([
    store.reports.leaves(headerHash),
    isFirst ? NONE : store.reports.leaves(header.previousHeader),
    facts && (facts.linkReport.epoch === 0 ? NONE : store.reports.leaves(facts.linkReport.headerHash)),
  ])
  const votes = await votesIn(node, ballots)
  if (!facts || !leaves || !previous || !linked || (!isFirst && !before) || ballots.length === 0 || votes === undefined)
    throw evidenceNotKept(report)
  const head = JSON.stringify({ params: network.params, network: chain.network, facts: factsJson(facts) })
  const tail = JSON.stringify({ header, headerHash, posted })
  const ballotBytes = votes * (VOTE_BYTES + VOTE_FRAME_BYTES) + ballots.length * HEAD_BYTES
  const inHex = [leaves, previous, linked].reduce((sum, one) => sum + 2 * one.bytes + ITEM_CHARACTERS * one.length, 0)
  refuseAbove(ENDPOINTS.evidence.maxBytes, head.length + tail.length + inHex + 2 * ballotBytes, header.epoch)

  async function* write(): AsyncGenerator<string> {
    const named = { epoch: before?.header.epoch ?? 0, headerHash: header.previousHeader }
    yield `${head.slice(0, -1)},"previous":${JSON.stringify(named).slice(0, -1)},"leaves":[`
    yield* list(previous!, one => one)
    yield ']},"linkLeaves":['
    yield* list(linked!, leafPart)
    yield '],"ballots":['
    yield* list(encodedBallots(node, ballots), one => one)
    yield '],"leaves":['
    yield* list(leaves!, leafPart)
    yield `],${tail.slice(1)}`
  }
  return new Streamed(write())
}

async function* list(items: AsyncIterable<Uint8Array>, part: (item: Uint8Array) => Uint8Array): AsyncGenerator<string> {
  let comma = ''
  for await (const item of items) {
    yield `${comma}"${toHex(part(item))}"`
    comma = ','
  }
}

async function* encodedBallots({ store }: EvidenceNode, ballots: Accepted['ballots']): AsyncGenerator<Uint8Array> {
  for (const { root } of ballots) {
    const [head, votes] = await Promise.all([store.ballots.head(root), store.ballots.votes(root)])
    if (head === undefined || votes === undefined) throw new Error('a ballot was pruned before it was read')
    yield WholeBallot.encode({ ...head, votes })
  }
}

/** How many votes the ballots hold together; undefined if one of them is not held. */
export async function votesIn(
  { store }: Pick<ReportingNode, 'store'>,
  ballots: readonly { readonly root: Hex }[],
): Promise<number | undefined> {
  let votes = 0
  for (const { root } of ballots) {
    const count = await store.ballots.count(root)
    if (count === undefined) return undefined
    votes += count
  }
  return votes
}

/** @throws Problem 'too-large' */
export function refuseAbove(maxBytes: number, bytes: number, epoch: number): void {
  if (bytes <= maxBytes) return
  throw new Problem(
    'too-large',
    `This would be an answer of ${Math.ceil(bytes / 1e6)} MB. Ask for one provider in epoch ${epoch}.`,
  )
}
