/** The report's header: what the certificate signs and `EpochReports` keeps. */
import { type AbiRecord, decodeRecord, encodeRecord } from './abi.js'

export const HEADER_FIELDS = [
  ['era', 'uint64'],
  ['epoch', 'uint64'],
  ['blockNumber', 'uint64'], // B(e)
  ['blockHash', 'bytes32'],
  ['previousHeader', 'bytes32'], // hash of the last accepted header; zero for the first
  ['scoreRoot', 'bytes32'],
  ['ballotSetRoot', 'bytes32'],
  ['rewardsRoot', 'bytes32'], // see reward.ts; zero while nobody has earned anything
  ['providerCount', 'uint32'],
  ['commonFailure', 'bool'], // true: so many providers fell at once that this window sets no breach
] as const

export type Header = AbiRecord<typeof HEADER_FIELDS>

export const encodeHeader = (header: Header): Uint8Array => encodeRecord(HEADER_FIELDS, header)
export const decodeHeader = (bytes: Uint8Array): Header => decodeRecord(HEADER_FIELDS, bytes)
