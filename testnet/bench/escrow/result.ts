/** The results of `bench escrow`, as in its JSON file. */
import type { Life, Limits } from './bounds.js'
import type { Role } from './ground.js'

/** One death, and what it left. */
export interface KillRow {
  readonly trio: number
  readonly victim: Role
  readonly isEarly: boolean
  readonly isWithheld: boolean
  readonly isClosing: boolean
  /** by the provider, since they exceeded what was paid */
  readonly droppedDatagrams: number
  /** of the leg, which ended */
  readonly relay: Life
  /** of the tunnel, which outlives the death of a provider */
  readonly exit: Life
  /** from one start to the next */
  readonly tookMs: number
  readonly faults: readonly string[]
}

export interface TrioEnd {
  readonly trio: number
  readonly channels: number
  /** wei */
  readonly deposited: string
  readonly redeemed: string
  readonly faults: readonly string[]
}

export interface EscrowResult {
  readonly bench: 'escrow'
  readonly date: string
  readonly machine: string
  readonly commit: string
  readonly seed: string
  readonly relay: Limits
  readonly exit: Limits
  readonly kills: readonly KillRow[]
  readonly ends: readonly TrioEnd[]
  readonly seconds: number
  readonly verdict: string
}

export const faultsIn = ({ kills, ends }: Pick<EscrowResult, 'kills' | 'ends'>): string[] => [
  ...kills.flatMap(({ faults }) => faults),
  ...ends.flatMap(({ faults }) => faults),
  // Bounds hold easily where nothing happens.
  ...(kills.some(({ relay }) => relay.paidBytes > 0) ? [] : ['no relay was paid for anything']),
  ...(kills.some(({ exit }) => exit.paidBytes > 0) ? [] : ['no exit was paid for anything']),
]

export function verdictOf(found: Pick<EscrowResult, 'kills' | 'ends'>): string {
  const faults = faultsIn(found)
  if (faults.length === 0) return `PASS escrow: ${found.kills.length} kills, and every bound held`
  return `FAIL escrow: ${faults.length} faults in ${found.kills.length} kills`
}
