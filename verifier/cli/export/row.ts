/** One row of an export: a provider in an epoch. */
import type { AbiType } from '../../../proto/abi.js'
import { LEAF_FIELDS } from '../../../proto/leaf.js'
import type { LeafJson } from '../../evidence/schema/report.js'

export interface Row extends LeafJson {
  /** of the report that holds the leaf */
  readonly headerHash: string
  /** the transaction that posted the report */
  readonly txHash: string
  /** what the penalty of this epoch took from the stake, in wei: a decimal string */
  readonly slashed: string
}

interface Column {
  readonly name: keyof Row
  /** of Parquet: an INT64 holds numbers above 2^31, and is a bigint in JavaScript */
  readonly type: 'INT32' | 'INT64' | 'STRING'
  readonly nullable: boolean
}

/** Of leaves, which hold numbers, addresses and hashes. */
const PARQUET_TYPE: Readonly<Partial<Record<AbiType, Column['type']>>> = {
  uint8: 'INT32',
  uint16: 'INT32',
  uint32: 'INT64',
  uint64: 'INT64',
  address: 'STRING',
  bytes32: 'STRING',
}

/** In the order of the leaf's fields. An unmeasured rate is null, never zero. */
export const COLUMNS: readonly Column[] = [
  ...LEAF_FIELDS.map(([name, type]): Column => ({ name, type: PARQUET_TYPE[type]!, nullable: name === 'rateKbps' })),
  { name: 'headerHash', type: 'STRING', nullable: false },
  { name: 'txHash', type: 'STRING', nullable: false },
  { name: 'slashed', type: 'STRING', nullable: false },
]
