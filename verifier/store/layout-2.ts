/**
 * Layout 2 kept reports and facts as JSON, each leaf of an accepted report a second time, and a ballot as one row. When the
 * store opens a database of layout 2, it writes each report, ballot and block's facts anew, and only then deletes the old
 * rows of the same. The version changes last. A move that was interrupted goes on with the rows that are left.
 *
 *   facts/<epoch>/<block hash>                    ChainFacts, JSON
 *   report/<header hash>                          StoredReport, JSON
 *   report-of/<epoch>/<header hash>               its summary, JSON
 *   leaf/<provider>/<epoch>/<header hash>         encoded Leaf
 *   ballot/<root>                                 encoded Ballot with its votes
 *   certificate/<epoch>                           encoded Certificate, which nobody read
 */
import { fromHex, type Hex } from '../../proto/hex.js'
import { MessageError, WholeBallot } from '../../proto/messages.js'
import type { ChainFacts } from '../core/facts.js'
import { decodeRewards } from '../core/rewards/rewards.js'
import { decodeCarryOver } from '../core/scoring/carry-over.js'
import type { BallotRows } from './ballot-rows.js'
import type { Database } from './database.js'
import { StoreError } from './errors.js'
import type { FactRows } from './fact-rows.js'
import { decodeJson } from './json.js'
import { KEY, LAYOUT_VERSION, nameIn } from './layout.js'
import type { ReportRows } from './report-rows.js'
import { DamagedValue } from './sealed.js'
import type { SealedRows } from './sealed-rows.js'
import type { ReportSummary, StoredReport } from './stored-report.js'

const AMOUNTS = ['stake', 'rewardsFunded']
/** Old rows that one write deletes. */
const BATCH_ROWS = 1000

const below = (kind: string) => ({ gte: `${kind}/`, lt: `${kind}/~` })

export interface NewRows {
  readonly reports: ReportRows
  readonly facts: FactRows
  readonly ballots: BallotRows
}

/** @throws StoreError 'damaged' for an old row that cannot be read */
export async function moveRows(db: Database, rows: SealedRows, to: NewRows): Promise<void> {
  const move = async (kind: string, put: (value: Uint8Array, key: string) => Promise<unknown>) => {
    for await (const [key, value] of rows.each(below(kind))) {
      await rows.guarded(() => put(value, key).catch(error => Promise.reject(unlessRead(key, error))))
      if (kind !== 'ballot') await rows.write([], false, [key])
    }
  }
  await move('facts', async value => to.facts.put(decodeJson(value, AMOUNTS) as ChainFacts))
  await move('report', async value => to.reports.put(reportFrom(value)))
  await move('ballot', (value, key) => moveBallot(rows, to.ballots, key, value))
  for (const kind of ['report-of', 'leaf', 'certificate']) await dropAll(db, rows, kind)
  await rows.write([[KEY.version, new TextEncoder().encode(LAYOUT_VERSION)]], true)
}

/** A ballot whose votes nobody can open would never count: it is dropped. */
async function moveBallot(rows: SealedRows, ballots: BallotRows, key: string, value: Uint8Array): Promise<void> {
  if ((await ballots.index(nameIn(key))) !== undefined) return // it is moved
  try {
    const { votes, ...head } = WholeBallot.decode(value)
    await ballots.put(head, votes, false)
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof MessageError)) throw error
    await rows.write([], false, [key])
  }
}

/** An old row that lacks something, or has another form. */
const unlessRead = (key: string, error: Error): Error =>
  error instanceof StoreError ? error : new DamagedValue(key, `${JSON.stringify(key)} cannot be read: ${error.message}`)

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
