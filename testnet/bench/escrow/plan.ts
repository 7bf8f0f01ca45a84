/** Who dies next, and when: a seed decides. */
import type { Seeded } from '../seeded.js'
import { ROLES, type Role } from './ground.js'

export interface KillPlan {
  readonly victim: Role
  /** since the last death: bytes that the user has got, or else time */
  readonly after: { readonly bytes: number } | { readonly ms: number }
  /** Payments are kept from the provider before, until it carries no more. */
  readonly isWithheld: boolean
  /** The client wants its deposits back right after. */
  readonly isClosing: boolean
}

/** Some die while others, or they themselves, are still starting. */
const EARLY_SHARE = 0.2
const EARLY_MS = 3000
const MOST_BYTES = 4 << 20
const WITHHELD_SHARE = 0.1
const CLOSING_SHARE = 0.1

export function planKill(random: Seeded): KillPlan {
  const victim = ROLES[Math.floor(random.share() * ROLES.length)]!
  const isEarly = random.share() < EARLY_SHARE
  const after = isEarly ? { ms: random.share() * EARLY_MS } : { bytes: random.share() * MOST_BYTES }
  const isWithheld = random.share() < WITHHELD_SHARE && !isEarly
  return { victim, after, isWithheld, isClosing: random.share() < CLOSING_SHARE }
}
