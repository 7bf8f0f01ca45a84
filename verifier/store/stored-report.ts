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

/** Leaves and rewards in their encodings. */
type StoredJson = Omit<StoredReport, keyof CarryOver | 'rewards'> & { leaves: Hex[]; rewards: Hex[] }

export function reportJson(report: StoredReport): string {
  const { header, headerHash, ballots, isWrong, posted } = report
  const [leaves, rewards] = [encodeCarryOver(report).map(toHex), encodeRewards(report.rewards).map(toHex)]
  return JSON.stringify({ header, headerHash, ballots, isWrong, posted, leaves, rewards })
}

export function reportFrom(json: string): StoredReport {
  const stored = JSON.parse(json) as StoredJson
  const rewards = decodeRewards(stored.rewards.map(fromHex))
  return { ...stored, posted: stored.posted, rewards, ...decodeCarryOver(stored.leaves.map(fromHex)) }
}
