/**
 * The evidence that a verifier equivocated: it signed two different values in one slot. Honest verifiers never do,
 * because each records a digest before it signs, one digest for each slot.
 */
import { type AbiRecord, decodeRecord, encodeRecord } from './abi.js'
import { type EpochId, type NetworkId, statementDigest } from './digests.js'
import type { Hex } from './hex.js'

/** What a verifier signs at most once in a slot, in the order of `IEquivocationSlasher.Kind`. */
export const STATEMENT_KINDS = ['commit', 'ballot', 'seen', 'report'] as const
export type StatementKind = (typeof STATEMENT_KINDS)[number]

export const EQUIVOCATION_FIELDS = [
  ['kind', 'uint8'], // place in `STATEMENT_KINDS`
  ['era', 'uint64'],
  ['epoch', 'uint64'],
  ['slot', 'uint32'], // the agreement round of two reports; the verifier's registry index for the other kinds
  ['position', 'uint32'], // of the verifier in the frozen set
  ['first', 'bytes32'],
  ['second', 'bytes32'],
] as const

export type Equivocation = AbiRecord<typeof EQUIVOCATION_FIELDS>

export const encodeEquivocation = (evidence: Equivocation): Uint8Array => encodeRecord(EQUIVOCATION_FIELDS, evidence)
export const decodeEquivocation = (bytes: Uint8Array): Equivocation => decodeRecord(EQUIVOCATION_FIELDS, bytes)

/** The two digests that the verifier signed. */
export function equivocationDigests(network: NetworkId, evidence: Equivocation): [Hex, Hex] {
  const { kind, slot, first, second } = evidence
  const id: EpochId = evidence
  const digestOf = (value: Hex) => statementDigest(STATEMENT_KINDS[kind]!, network, id, slot, value)
  return [digestOf(first), digestOf(second)]
}
