/**
 * The leaves and rewards of a report, as rows of the database. A row holds some of them, so that a reader can stop after
 * any row, and needs no more than one row for one provider.
 */
import type { Hex } from '../../proto/hex.js'
import { decodeLeaf } from '../../proto/leaf.js'
import { leafPart } from '../../proto/leaf-state.js'
import type { Reward } from '../../proto/reward.js'
import { encodeCarryOver } from '../core/scoring/carry-over.js'
import { leafTree } from '../core/scoring/report.js'
import { ByteReader, ByteWriter } from './bytes.js'
import { KEY } from './layout.js'
import type { Row } from './sealed-rows.js'
import type { ReportSizes, StoredReport } from './stored-report.js'

/** 11 KiB without soak votes or an open window. */
export const ROW_LEAVES = 16
/** Up to 8 KiB. */
export const ROW_REWARDS = 256
/** The hashes of so many take a moment. For more, the tree is kept: most proofs are asked for right after a report. */
export const FEW_LEAVES = 256

const ADDRESS_BYTES = 20

export interface ReportParts {
  readonly rows: readonly Row[]
  readonly sizes: ReportSizes
}

/** @param report whose leaves ascend by registry index */
export function partsOf(report: StoredReport): ReportParts {
  const { header, headerHash, leaves, rewards } = report
  const encoded = encodeCarryOver(report)
  const rows: Row[] = []
  for (let at = 0; at < leaves.length; at += ROW_LEAVES) {
    const out = new ByteWriter()
    for (const leaf of encoded.slice(at, at + ROW_LEAVES)) out.bytes(leaf)
    rows.push([KEY.leaves(header.epoch, headerHash, leaves[at]!.index), out.done()])
  }
  if (leaves.length > FEW_LEAVES) rows.push([KEY.leafTree(header.epoch, headerHash), leafTree(leaves).nodes])
  for (let at = 0; at < rewards.length; at += ROW_REWARDS) {
    const out = new ByteWriter()
    for (const { account, cumulative } of rewards.slice(at, at + ROW_REWARDS)) out.hex(account).big(cumulative)
    rows.push([KEY.rewards(header.epoch, headerHash, at), out.done()])
  }
  const leafBytes = encoded.reduce((sum, { length }) => sum + length, 0)
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
