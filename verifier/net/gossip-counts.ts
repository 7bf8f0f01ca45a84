/** How many gossip messages came and went, for the metrics. */
import { GOSSIP_KINDS, type GossipKind } from '../../proto/protocols.js'
import type { Verdict } from './gossip-messages.js'

/** over-budget: its peer has used up what it may cost, so nobody looked at the message */
export type GossipResult = Verdict | 'over-budget'

const zero = <T extends string>(names: readonly T[]): Record<T, number> =>
  Object.fromEntries(names.map(name => [name, 0])) as Record<T, number>

export class GossipCounts {
  readonly heard: Readonly<Record<GossipKind, Record<GossipResult, number>>> = Object.fromEntries(
    GOSSIP_KINDS.map(kind => [kind, zero<GossipResult>(['accept', 'reject', 'ignore', 'over-budget'])]),
  ) as Record<GossipKind, Record<GossipResult, number>>
  readonly published = zero(GOSSIP_KINDS)
  /** messages that did not reach gossipsub: of peers that nobody announced, or that have no budget left */
  dropped = 0
}
