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
 *   ballot-of/<epoch>/<root>                      empty
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
import { KEY, LAYOUT_VERSION } from './layout.js'
import type { ReportRows } from './report-rows.js'
import { DamagedValue } from './sealed.js'
import type { SealedRows } from './sealed-rows.js'
import type { ReportSummary, StoredReport } from './stored-report.js'

const AMOUNTS = ['stake', 'rewardsFunded']
/** Old rows that one write deletes. */
const BATCH_ROWS = 1000

const startingWith = (prefix: string) => ({ gte: prefix, lt: `${prefix}~` })

export interface NewRows {
  readonly reports: ReportRows
  readonly facts: FactRows
  readonly ballots: BallotRows
}

/** @throws StoreError 'damaged' for an old row that cannot be read */
export async function moveRows(db: Database, rows: SealedRows, to: NewRows): Promise<void> {
  const move = async (prefix: string, put: (value: Uint8Array) => Promise<unknown>) => {
    for await (const [key, value] of rows.each(startingWith(prefix))) {
      await rows.guarded(() => put(value).catch(error => Promise.reject(unlessRead(key, error))))
      await rows.write([], false, [key])
    }
  }
  await move('facts/', async value => to.facts.put(decodeJson(value, AMOUNTS) as ChainFacts))
  await move('report/', async value => to.reports.put(reportFrom(value)))
  // Keys of today have the digits of an epoch where the old ones have the `0x` of a root.
  await move('ballot/0x', value => moveBallot(to.ballots, value))
  for (const prefix of ['report-of/', 'leaf/', 'certificate/', 'ballot-of/']) await dropAll(db, rows, prefix)
  await rows.write([[KEY.version, new TextEncoder().encode(LAYOUT_VERSION)]], true)
}

/** A ballot whose votes nobody can open would never count: it is dropped. */
async function moveBallot(ballots: BallotRows, value: Uint8Array): Promise<void> {
  try {
    const { votes, ...head } = WholeBallot.decode(value)
    await ballots.put(head, votes, false)
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof MessageError)) throw error
  }
}

/** An old row that lacks something, or has another form. */
const unlessRead = (key: string, error: Error): Error =>
  error instanceof StoreError ? error : new DamagedValue(key, `${JSON.stringify(key)} cannot be read: ${error.message}`)

async function dropAll(db: Database, rows: SealedRows, prefix: string): Promise<void> {
  for (;;) {
    const keys = await rows.guarded(() => db.keys({ ...startingWith(prefix), limit: BATCH_ROWS }).all())
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
