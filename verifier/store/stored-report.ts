/** A report with its leaves, and the record of what does not grow with the providers. */
import type { SeenEntry } from '../../proto/digests.js'
import { decodeHeader, encodeHeader, type Header } from '../../proto/header.js'
import type { Hex } from '../../proto/hex.js'
import type { PostedReport } from '../core/ports.js'
import type { Rewards } from '../core/rewards/rewards.js'
import type { CarryOver } from '../core/scoring/carry-over.js'
import { ByteReader, ByteWriter } from './bytes.js'

export interface StoredReport extends CarryOver {
  readonly header: Header
  readonly headerHash: Hex
  /** of which the header holds the root */
  readonly rewards: Rewards
  /** the ballot set of the report; empty if this node fetched the leaves instead of computing them */
  readonly ballots: readonly SeenEntry[]
  /** does not follow from its ballots, or from a report before it that does not: this node signs nothing upon it */
  readonly isWrong: boolean
  /** undefined until this node has seen that the chain accepted the report */
  readonly posted: PostedReport | undefined
}

/** A report without what grows with the number of providers. */
export type ReportSummary = Omit<StoredReport, keyof CarryOver | 'rewards'>

/** How much of a report stands in other rows. */
export interface ReportSizes {
  readonly leaves: number
  /** of all encoded leaves, each with its carry-over */
  readonly leafBytes: number
  readonly rewards: number
}

const HASH_BYTES = 32

export function encodeSummary({ header, ballots, isWrong, posted }: ReportSummary, sizes: ReportSizes): Uint8Array {
  const out = new ByteWriter()
  out.bytes(encodeHeader(header)).uint(sizes.leaves).uint(sizes.leafBytes).uint(sizes.rewards)
  out.list(ballots, ({ verifier, root }) => out.uint(verifier).hex(root))
  out.flag(isWrong).flag(posted !== undefined)
  if (posted === undefined) return out.done()
  out.uint(posted.round).list(posted.nonSigners, position => out.uint(position))
  return out.hex(posted.txHash).uint(posted.blockNumber).uint(posted.gasUsed).done()
}

/** @param headerHash of the header, which the record does not repeat */
export function decodeSummary(
  headerHash: Hex,
  record: Uint8Array,
): { readonly summary: ReportSummary; readonly sizes: ReportSizes } {
  const from = new ByteReader(record)
  const header = decodeHeader(from.bytes())
  const sizes = { leaves: from.uint(), leafBytes: from.uint(), rewards: from.uint() }
  const ballots = from.list(() => ({ verifier: from.uint(), root: from.hex(HASH_BYTES) }))
  const isWrong = from.flag()
  const posted = from.flag() ? { header, headerHash, ...readPosting(from) } : undefined
  return { summary: { header, headerHash, ballots, isWrong, posted }, sizes }
}

const readPosting = (from: ByteReader): Omit<PostedReport, 'header' | 'headerHash'> => ({
  round: from.uint(),
  nonSigners: from.list(() => from.uint()),
  txHash: from.hex(HASH_BYTES),
  blockNumber: from.uint(),
  gasUsed: from.uint(),
})
