/** What a provider bills and nobody has shown to have arrived. Pure. */
import { paidWindowBytes } from '../../probe/plane/allowance.js'

/** A path may lose so much. Whoever bills more unproven bytes is to blame for them. */
const MOST_SHARE = 0.05

/**
 * What is lost on the way stays unpaid, and takes room from what the relay carries ahead of payments. Half of this room is
 * half a second at the leg's rate, or more: what is under way between relay and exit, and the exit's word of it, takes less.
 */
export const mostUnprovenBytes = (rateKbps: number): number => paidWindowBytes(rateKbps) / 2

/**
 * @param rateKbps of the leg in this direction
 * @returns `worn`: another leg should take its place. `unproven`: the provider is to blame
 */
export function unprovenVerdict(
  { billedBytes, provenBytes }: { readonly billedBytes: number; readonly provenBytes: number },
  rateKbps: number,
): 'fine' | 'worn' | 'unproven' {
  const unproven = billedBytes - provenBytes
  if (unproven <= mostUnprovenBytes(rateKbps)) return 'fine'
  return unproven > MOST_SHARE * billedBytes ? 'unproven' : 'worn'
}
