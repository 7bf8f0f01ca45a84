/** Who loads the link, and how much of it belongs to whom. Pure: the seed decides every key. All rates in kbit/s at the IP layer. */
import { computeAddress } from 'ethers'
import { purposeOf } from '../../../market/core/purpose.js'
import { PREMIUM_SHARE, STRANGERS_FILL } from '../../../probe/constants.js'
import { shapeOf } from '../../../probe/verdict/session-shape.js'
import type { Hex } from '../../../proto/hex.js'
import { Seeded } from '../seeded.js'

/** Two cores carry three times as much without being the limit. */
export const LINK_KBPS = 30_000
export const CLAIM_KBPS = 8000
export const LANE_KBPS = 6000
/** Lane and payers together offer so much of the link. Probes come on top. */
const OVERLOAD = 3.03

/** What payers share while a lane and a probe take all that is theirs. */
const PAYERS_KBPS = LINK_KBPS - LANE_KBPS - STRANGERS_FILL * CLAIM_KBPS
/** … and what premium payers get of it at least. */
export const PREMIUM_KBPS = (PAYERS_KBPS * PREMIUM_SHARE) / (PREMIUM_SHARE + 1)

/**
 * `within`: premium payers offer two thirds of their share, and basic ones all the rest. `beyond`: both offer as much, so
 * premium payers alone are more than the link carries.
 */
export const MIXES = ['within', 'beyond'] as const
export type Mix = (typeof MIXES)[number]

export const PAYING = ['lane', 'premium', 'basic'] as const
export type Paying = (typeof PAYING)[number]

export interface UserPlan {
  readonly traffic: Paying
  readonly kbps: number
  /** signs for its channel, and for its lane */
  readonly key: Hex
}

export const accountOf = (key: Hex): Hex => computeAddress(key).toLowerCase() as Hex

/** A class of payers is several people. */
const LEAST_USERS = 4

export function usersOf(mix: Mix, seed: string): UserPlan[] {
  const restKbps = OVERLOAD * LINK_KBPS - LANE_KBPS
  const premiumKbps = mix === 'within' ? (2 / 3) * PREMIUM_KBPS : restKbps / 2
  const random = new Seeded(`${seed} ${mix}`)
  const users = (traffic: Paying, kbps: number, count = usersFor(kbps)) =>
    Array.from({ length: count }, () => ({ traffic, kbps: kbps / count, key: relayKey(random) }))
  return [...users('lane', LANE_KBPS, 1), ...users('premium', premiumKbps), ...users('basic', restKbps - premiumKbps)]
}

/** None asks for more than its session is granted. */
const usersFor = (kbps: number): number =>
  Math.max(LEAST_USERS, Math.ceil(kbps / (0.95 * shapeOf(CLAIM_KBPS).rateKbps)))

/** A channel's signer says what the channel pays for: keys are drawn until one says relay. */
function relayKey(random: Seeded): Hex {
  for (;;) {
    const key: Hex = `0x${random.hex(32)}`
    if (purposeOf(accountOf(key)) === 'relay') return key
  }
}
