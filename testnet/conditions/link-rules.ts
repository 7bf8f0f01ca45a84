/** Rules about the links of some nodes to all others. */
import type { LinkRule } from './conditions.js'

/** These nodes reach each other and nobody else, and the others reach each other. All reach the chain. */
export const parted = (names: readonly string[]): LinkRule => ({
  joins: (one, other) => names.includes(one) !== names.includes(other),
  ...{ cut: true, delayMs: 0 },
})

/** Whatever these nodes send to others, or others to them, takes longer by this time. */
export const slowed = (names: readonly string[], delayMs: number): LinkRule => ({
  joins: (one, other) => names.includes(one) || names.includes(other),
  ...{ cut: false, delayMs },
})
