/**
 * The leaves and rewards of a report, as rows of the database. A row holds some of them, so that a reader can stop after
 * any row, and needs no more than one row for one provider.
 */
import { setImmediate } from 'node:timers/promises'
import type { Hex } from '../../proto/hex.js'
import { decodeLeaf } from '../../proto/leaf.js'
import { leafPart } from '../../proto/leaf-state.js'
import type { Reward } from '../../proto/reward.js'
import { encodeCarried } from '../core/scoring/carry-over.js'
import { ByteReader, ByteWriter } from './bytes.js'
import { KEY } from './layout.js'
import type { Row } from './sealed-rows.js'
import type { ReportSizes, StoredReport } from './stored-report.js'

/** 11 KiB without soak votes or an open window. */
export const ROW_LEAVES = 16
/** Up to 8 KiB. */
export const ROW_REWARDS = 256

const ADDRESS_BYTES = 20

export interface ReportParts {
  readonly rows: readonly Row[]
  readonly sizes: ReportSizes
}

/** Leaves that are encoded without a pause: some milliseconds. */
const LEAVES_AT_ONCE = 32 * ROW_LEAVES

/** Lets others have the thread meanwhile. @param report whose leaves ascend by registry index */
export async function partsOf(report: StoredReport): Promise<ReportParts> {
  const { header, headerHash, leaves, rewards } = report
  const rows: Row[] = []
  let leafBytes = 0
  for (let at = 0; at < leaves.length; at += ROW_LEAVES) {
    if (at > 0 && at % LEAVES_AT_ONCE === 0) await setImmediate()
    const out = new ByteWriter()
    for (const leaf of leaves.slice(at, at + ROW_LEAVES)) {
      const encoded = encodeCarried(report, leaf)
      leafBytes += encoded.length
      out.bytes(encoded)
    }
    rows.push([KEY.leaves(header.epoch, headerHash, leaves[at]!.index), out.done()])
  }
  for (let at = 0; at < rewards.length; at += ROW_REWARDS) {
    const out = new ByteWriter()
    for (const { account, cumulative } of rewards.slice(at, at + ROW_REWARDS)) out.hex(account).big(cumulative)
    rows.push([KEY.rewards(header.epoch, headerHash, at), out.done()])
  }
  return { rows, sizes: { leaves: leaves.length, leafBytes, rewards: rewards.length } }
}

/** How many rows hold the leaves and the rewards of a report. */
export const rowsOf = ({ leaves, rewards }: ReportSizes): number =>
  Math.ceil(leaves / ROW_LEAVES) + Math.ceil(rewards / ROW_REWARDS)

/** The encoded leaves of a row, each with its carry-over. */
export function leavesIn(row: Uint8Array): Uint8Array[] {
  const from = new ByteReader(row)
  const leaves: Uint8Array[] = []
  while (!from.isAtEnd) leaves.push(from.bytes())
  return leaves
}

/** The leaf of a provider with its carry-over; undefined if the row has none. */
export const leafIn = (row: Uint8Array, provider: Hex): Uint8Array | undefined =>
  leavesIn(row).find(encoded => decodeLeaf(leafPart(encoded)).provider === provider)

export function rewardsIn(row: Uint8Array): Reward[] {
  const from = new ByteReader(row)
  const rewards: Reward[] = []
  while (!from.isAtEnd) rewards.push({ account: from.hex(ADDRESS_BYTES), cumulative: from.big() })
  return rewards
}
