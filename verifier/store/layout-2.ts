/**
 * Layout 2 kept reports and facts as JSON, and each leaf of an accepted report a second time. When the store opens a
 * database of layout 2, it writes each report and each block's facts anew, and only then deletes the old rows of the same.
 * The version changes last. A move that was interrupted goes on with the rows that are left.
 *
 *   facts/<epoch>/<block hash>                    ChainFacts, JSON
 *   report/<header hash>                          StoredReport, JSON
 *   report-of/<epoch>/<header hash>               its summary, JSON
 *   leaf/<provider>/<epoch>/<header hash>         encoded Leaf
 *   certificate/<epoch>                           encoded Certificate, which nobody read
 */
import { fromHex, type Hex } from '../../proto/hex.js'
import type { ChainFacts } from '../core/facts.js'
import { decodeRewards } from '../core/rewards/rewards.js'
import { decodeCarryOver } from '../core/scoring/carry-over.js'
import type { Database } from './database.js'
import type { FactRows } from './fact-rows.js'
import { decodeJson } from './json.js'
import { KEY, LAYOUT_VERSION } from './layout.js'
import type { ReportRows } from './report-rows.js'
import type { SealedRows } from './sealed-rows.js'
import type { ReportSummary, StoredReport } from './stored-report.js'

const AMOUNTS = ['stake', 'rewardsFunded']
/** Old rows that one write deletes. */
const BATCH_ROWS = 1000

const below = (kind: string) => ({ gte: `${kind}/`, lt: `${kind}/~` })

/** @throws StoreError 'damaged' for an old row that cannot be read */
export async function moveRows(
  db: Database,
  rows: SealedRows,
  to: { readonly reports: ReportRows; readonly facts: FactRows },
): Promise<void> {
  for await (const [key, value] of rows.each(below('facts'))) {
    await to.facts.put(decodeJson(value, AMOUNTS) as ChainFacts)
    await rows.write([], false, [key])
  }
  for await (const [key, value] of rows.each(below('report'))) {
    const report = reportFrom(value)
    await to.reports.put(report)
    await rows.write([], false, [key])
  }
  for (const kind of ['report-of', 'leaf', 'certificate']) await dropAll(db, rows, kind)
  await rows.write([[KEY.version, new TextEncoder().encode(LAYOUT_VERSION)]], true)
}

async function dropAll(db: Database, rows: SealedRows, kind: string): Promise<void> {
  for (;;) {
    const keys = await rows.guarded(() => db.keys({ ...below(kind), limit: BATCH_ROWS }).all())
    if (keys.length === 0) return
    await rows.write([], false, keys)
  }
}

/** Leaves and rewards in their encodings. */
type StoredJson = ReportSummary & { leaves: Hex[]; rewards: Hex[] }

function reportFrom(value: Uint8Array): StoredReport {
  const { header, headerHash, ballots, isWrong, posted, leaves, rewards } = JSON.parse(
    new TextDecoder().decode(value),
  ) as StoredJson
  const carryOver = decodeCarryOver(leaves.map(fromHex))
  return { header, headerHash, ballots, isWrong, posted, ...carryOver, rewards: decodeRewards(rewards.map(fromHex)) }
}
