/** An accepted report, and the leaves in it. */
import { z } from 'zod'
import { HEADER_FIELDS } from '../../../proto/header.js'
import { LEAF_FIELDS, type Leaf, STATUS } from '../../../proto/leaf.js'
import { count, hash, listOf, recordOf } from './scalars.js'

const leafRecord = recordOf(LEAF_FIELDS)

/** A leaf as people and programs read it: an unmeasured rate is null, never zero. */
export const leafSchema = leafRecord.extend({ rateKbps: leafRecord.shape.rateKbps.nullable() })
export type LeafJson = z.infer<typeof leafSchema>

export const leafJson = (leaf: Leaf): LeafJson => ({
  ...leaf,
  rateKbps: leaf.status === STATUS.unmeasured ? null : leaf.rateKbps,
})

export const leafFromJson = (json: LeafJson): Leaf => ({ ...json, rateKbps: json.rateKbps ?? 0 })

export const headerSchema = recordOf(HEADER_FIELDS)

/** What the chain says of a report that it has accepted. */
export const postedSchema = z.object({
  header: headerSchema,
  headerHash: hash,
  round: count,
  /** positions in the frozen set */
  nonSigners: listOf(count),
  txHash: hash,
  blockNumber: count,
  gasUsed: count,
})

export const reportSchema = postedSchema.extend({ leaves: listOf(leafSchema) })
export type ReportJson = z.infer<typeof reportSchema>
