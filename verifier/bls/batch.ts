/** What passes between the checker and its worker. */
import type { Hex } from '../../proto/hex.js'
import type { Check } from './check.js'
import { SIGNATURE_BYTES } from './encoding.js'

/** Checks as they are sent. A signature may be a view of a large message, all of which would be copied with it. */
export interface Batch {
  readonly keys: readonly (readonly Hex[])[]
  readonly digests: readonly Hex[]
  /** one after the other, 96 bytes each */
  readonly signatures: Uint8Array<ArrayBuffer>
}

export interface Verdicted {
  readonly verdicts: readonly boolean[]
  /** time that the checks took, of the worker's clock */
  readonly ms: number
}

/** @param checks with signatures of 96 bytes */
export function packed(checks: readonly Check[]): Batch {
  const signatures = new Uint8Array(checks.length * SIGNATURE_BYTES)
  for (const [i, { signature }] of checks.entries()) signatures.set(signature, i * SIGNATURE_BYTES)
  return { keys: checks.map(({ keys }) => keys), digests: checks.map(({ digest }) => digest), signatures }
}

export const unpacked = ({ keys, digests, signatures }: Batch): Check[] =>
  digests.map((digest, i) => ({
    ...{ keys: keys[i]!, digest },
    signature: signatures.subarray(i * SIGNATURE_BYTES, (i + 1) * SIGNATURE_BYTES),
  }))
