/** A report with its leaves, and its JSON form. */
import type { SeenEntry } from '../../proto/digests.js'
import type { Header } from '../../proto/header.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import type { PostedReport } from '../core/ports.js'
import { decodeRewards, encodeRewards, type Rewards } from '../core/rewards/rewards.js'
import { type CarryOver, decodeCarryOver, encodeCarryOver } from '../core/scoring/carry-over.js'

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

/** Leaves and rewards in their encodings. */
type StoredJson = ReportSummary & { leaves: Hex[]; rewards: Hex[] }

export function reportJson(report: StoredReport): string {
  const [leaves, rewards] = [encodeCarryOver(report).map(toHex), encodeRewards(report.rewards).map(toHex)]
  return JSON.stringify({ ...summaryOf(report), leaves, rewards })
}

export const summaryJson = (report: StoredReport): string => JSON.stringify(summaryOf(report))

export function summaryFrom(json: string): ReportSummary {
  const summary = JSON.parse(json) as ReportSummary
  return { ...summary, posted: summary.posted }
}

const summaryOf = ({ header, headerHash, ballots, isWrong, posted }: StoredReport): ReportSummary => ({
  ...{ header, headerHash, ballots, isWrong, posted },
})

export function reportFrom(json: string): StoredReport {
  const stored = JSON.parse(json) as StoredJson
  const rewards = decodeRewards(stored.rewards.map(fromHex))
  return { ...stored, posted: stored.posted, rewards, ...decodeCarryOver(stored.leaves.map(fromHex)) }
}
