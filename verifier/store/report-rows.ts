/**
 * The reports, as rows of the database. A report of ten thousand providers is long. So its summary has a row of its own,
 * and so has each leaf: whoever asks for a list of reports, or for one provider through many, reads only those rows.
 */
import type { Hex } from '../../proto/hex.js'
import { decodeLeaf, encodeLeaf, type Leaf } from '../../proto/leaf.js'
import type { Database } from './database.js'
import { allOf, beforeEpoch, epochIn, KEY, leavesOf, nameIn } from './layout.js'
import { Newest } from './newest.js'
import type { SealedRows } from './sealed-rows.js'
import {
  type ReportSummary,
  reportFrom,
  reportJson,
  type StoredReport,
  summaryFrom,
  summaryJson,
} from './stored-report.js'

const text = (value: Uint8Array): string => new TextDecoder().decode(value)
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

export interface HeldLeaf {
  readonly leaf: Leaf
  /** of its report */
  readonly headerHash: Hex
}

/** Epochs, both of them included. */
export interface EpochRange {
  readonly from: number
  readonly to: number
  readonly limit: number
}

export class ReportRows {
  readonly #newest = new Newest<StoredReport>()

  constructor(
    private readonly db: Database,
    private readonly rows: SealedRows,
  ) {}

  async put(report: StoredReport): Promise<void> {
    const { headerHash, header, leaves, posted } = report
    const held = posted === undefined ? [] : leaves
    await this.rows.write([
      [KEY.report(headerHash), bytes(reportJson(report))],
      [KEY.reportOf(header.epoch, headerHash), bytes(summaryJson(report))],
      ...held.map(leaf => [KEY.leaf(leaf.provider, header.epoch, headerHash), encodeLeaf(leaf)] as const),
    ])
    this.#newest.put(header.epoch, headerHash, report)
  }

  async get(headerHash: Hex): Promise<StoredReport | undefined> {
    const newest = this.#newest.get(headerHash)
    if (newest !== undefined) return newest
    const value = await this.rows.get(KEY.report(headerHash))
    return value && reportFrom(text(value))
  }

  async summary(epoch: number, headerHash: Hex): Promise<ReportSummary | undefined> {
    const value = await this.rows.get(KEY.reportOf(epoch, headerHash))
    return value && (value.length === 0 ? this.get(headerHash) : summaryFrom(text(value)))
  }

  /** The newest report of which this node has seen that the chain accepted it. */
  async lastPosted(): Promise<ReportSummary | undefined> {
    const keys = await this.rows.guarded(() => this.db.keys({ ...allOf('report-of'), reverse: true }).all())
    for (const key of keys) {
      const report = await this.summary(epochIn(key), nameIn(key))
      if (report?.posted !== undefined) return report
    }
    return undefined
  }

  /** The leaves of one provider, the newest first. After a reorganisation, an epoch may have several. */
  leaves(provider: Hex, { from, to, limit }: EpochRange): Promise<HeldLeaf[]> {
    return this.rows.guarded(async () => {
      const keys = await this.db.keys({ ...leavesOf(provider, from, to), reverse: true, limit }).all()
      const encoded = await Promise.all(keys.map(key => this.rows.get(key)))
      return keys.flatMap((key, i) => {
        const row = encoded[i] // undefined if it was pruned meanwhile
        return row === undefined ? [] : [{ leaf: decodeLeaf(row), headerHash: nameIn(key) }]
      })
    })
  }

  /** Of the reports before an epoch, once their rows are deleted. */
  forgetBefore(epoch: number): void {
    this.#newest.forgetBefore(epoch)
  }

  /** The keys of all rows of reports before an epoch. */
  async keysBefore(epoch: number): Promise<string[]> {
    const keys: string[] = []
    for (const key of await this.db.keys(beforeEpoch('report-of', epoch)).all()) {
      const headerHash = nameIn(key)
      const report = await this.get(headerHash)
      const leaves = report?.leaves ?? []
      keys.push(key, KEY.report(headerHash))
      keys.push(...leaves.map(leaf => KEY.leaf(leaf.provider, epochIn(key), headerHash)))
    }
    return keys
  }
}
