import type { StatementKind } from '../../proto/equivocation.js'
import type { Hex } from '../../proto/hex.js'
import type { BlsSigner } from '../bls/signer.js'
import type { Store } from '../store/store.js'

/** The record's name for the slot of a statement. @param round of a report */
export const slotOf = (kind: StatementKind, epoch: number, round: number): string =>
  kind === 'report' ? `report/${epoch}/${round}` : `${kind}/${epoch}`

const REPORT_SLOT = /^report\/(\d+)\//

/** The newest epoch of which the key signed a report, in any process; undefined if it signed none. */
export function lastSignedEpoch({ signedSlots }: Pick<Store, 'signedSlots'>): number | undefined {
  let last: number | undefined
  for (const slot of signedSlots) {
    const epoch = REPORT_SLOT.exec(slot)?.[1]
    if (epoch !== undefined) last = Math.max(last ?? 0, Number(epoch))
  }
  return last
}

/**
 * Signs one digest for one slot, for ever: the record is on disk before the signature exists, so that not even a crash
 * makes this key sign two things for one slot.
 * @throws SigningConflict when the slot holds another digest
 */
export async function signOnce(store: Store, signer: BlsSigner, slot: string, digest: Hex): Promise<Uint8Array> {
  await store.recordSigned(slot, digest)
  return signer.sign(digest)
}
