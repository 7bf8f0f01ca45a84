/** A report with its leaves, and its JSON form. */
import type { SeenEntry } from '../../proto/digests.js'
import type { Header } from '../../proto/header.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import type { PostedReport } from '../core/ports.js'
import { type CarryOver, decodeCarryOver, encodeCarryOver } from '../core/scoring/carry-over.js'

export interface StoredReport extends CarryOver {
  readonly header: Header
  readonly headerHash: Hex
  /** the ballot set of the report; empty if this node fetched the leaves instead of computing them */
  readonly ballots: readonly SeenEntry[]
  /** undefined until this node has seen that the chain accepted the report */
  readonly posted: PostedReport | undefined
}

export function reportJson(report: StoredReport): string {
  const { header, headerHash, ballots, posted } = report
  return JSON.stringify({ header, headerHash, ballots, posted, leaves: encodeCarryOver(report).map(toHex) })
}

export function reportFrom(json: string): StoredReport {
  const stored = JSON.parse(json) as Omit<StoredReport, keyof CarryOver> & { leaves: Hex[] }
  return { ...stored, posted: stored.posted, ...decodeCarryOver(stored.leaves.map(fromHex)) }
}
