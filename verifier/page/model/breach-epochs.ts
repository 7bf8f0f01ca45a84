/** In which epochs of a provider's history a breach was noted. */
import type { LeafJson } from '../../evidence/schema/report.js'

type Breaches = Pick<LeafJson, 'breachBits' | 'penaltyBps'>

/** The bits of the last five windows that count. */
const ALL_BITS = 0b11111

/**
 * A breach shifts the bits and sets the lowest one; the third sets a penalty, which clears them. A window that does not
 * count leaves the bits as they are.
 * @param before the leaf before; undefined for the first
 */
export const isBreachAfter = ({ breachBits, penaltyBps }: Breaches, before: Breaches | undefined): boolean =>
  penaltyBps > 0 || breachBits === ((((before?.breachBits ?? 0) << 1) | 1) & ALL_BITS)
