/**
 * Gossip by kind of message. A message that a validator accepts is forwarded to others. A rejected message counts against
 * the peer that sent it. An ignored message is lost for good, since its id stays in the seen-cache: a caller must accept
 * and keep a message that is merely early.
 */
import { TopicValidatorResult } from '@libp2p/gossipsub'
import type { Logger } from 'pino'
import type { NetworkId } from '../../proto/digests.js'
import { GOSSIP_KINDS, type GossipKind, topicOf } from '../../proto/protocols.js'
import { CHECK_COST, GossipBudget, SHARE_SPENT } from './gossip-budget.js'
import { GossipCounts } from './gossip-counts.js'
import { guardGossip } from './gossip-guard.js'
import { MAX_GOSSIP_BYTES, type Verdict } from './gossip-messages.js'
import type { Peer } from './libp2p.js'

/** Takes the message in as well: there is no separate delivery. */
export type GossipValidator = (bytes: Uint8Array, peerId: string) => Promise<Verdict>

const RESULTS: Record<Verdict, TopicValidatorResult> = {
  accept: TopicValidatorResult.Accept,
  reject: TopicValidatorResult.Reject,
  ignore: TopicValidatorResult.Ignore,
}

/** Who is heard, and who hears of those who send too much that is wrong (default: everybody is heard, nobody hears). */
export interface GossipRules {
  /** whether a verifier has announced the peer id */
  readonly isAnnounced: (peerId: string) => boolean
  readonly onOffence: (peerId: string, offence: 'gossip' | 'unheard') => void
}

const NO_RULES: GossipRules = { isAnnounced: () => true, onOffence: () => {} }

export class Gossip {
  readonly counts = new GossipCounts()
  readonly #budget = new GossipBudget(() => performance.now())

  constructor(
    private readonly peer: Peer,
    private readonly network: NetworkId,
    private readonly log: Logger,
    private readonly rules: GossipRules = NO_RULES,
  ) {
    const { isAnnounced, onOffence } = rules
    const kinds = new Map(GOSSIP_KINDS.map(kind => [topicOf(network, kind), kind]))
    const costOf = (topic: string, bytes: number) => {
      const kind = kinds.get(topic)
      return kind === undefined || bytes > MAX_GOSSIP_BYTES[kind] ? undefined : CHECK_COST[kind]
    }
    const unheard = new GossipBudget(() => performance.now())
    guardGossip(peer.services.pubsub, {
      ...{ budget: this.#budget, unheard, isAnnounced, costOf },
      onUnheard: peerId => onOffence(peerId, 'unheard'),
      onDropped: messages => {
        this.counts.dropped += messages
      },
    })
    // A stranger makes a new key as easily as it comes back.
    peer.addEventListener('peer:disconnect', ({ detail }) => {
      const peerId = detail.toString()
      if (!isAnnounced(peerId)) unheard.forget(peerId)
    })
  }

  /** A node does not hear its own messages. */
  subscribe(kind: GossipKind, validate: GossipValidator): void {
    const topic = topicOf(this.network, kind)
    this.peer.services.pubsub.topicValidators.set(topic, async (from, { data }) => {
      const peerId = from.toString()
      const cost = CHECK_COST[kind]
      // The guard has let the message pass. Between the two, checks of the peer's other messages may have begun.
      if (!this.#budget.take(peerId, cost, data.length)) {
        this.counts.heard[kind]['over-budget']++
        return TopicValidatorResult.Ignore
      }
      const verdict = await this.#check(kind, data, peerId, validate)
      this.counts.heard[kind][verdict]++
      const isCutOff = this.#budget.settle(peerId, cost, cost * SHARE_SPENT[verdict], data.length)
      if (isCutOff) this.rules.onOffence(peerId, 'gossip')
      return RESULTS[verdict]
    })
    this.peer.services.pubsub.subscribe(topic)
  }

  /** Never throws. */
  async #check(kind: GossipKind, data: Uint8Array, peerId: string, validate: GossipValidator): Promise<Verdict> {
    if (data.length > MAX_GOSSIP_BYTES[kind]) return 'reject'
    try {
      return await validate(data, peerId)
    } catch (error) {
      this.log.error({ error, kind }, 'a gossip validator failed; the message is lost')
      return 'ignore'
    }
  }

  /**
   * @returns how many peers the message was handed to; 0 means that nobody will ever hear it
   * @throws RangeError if the message is larger than others take
   */
  async publish(kind: GossipKind, bytes: Uint8Array): Promise<number> {
    if (bytes.length > MAX_GOSSIP_BYTES[kind]) {
      throw new RangeError(`${kind} of ${bytes.length} bytes, at most ${MAX_GOSSIP_BYTES[kind]} may be gossiped`)
    }
    this.counts.published[kind]++
    const { recipients } = await this.peer.services.pubsub.publish(topicOf(this.network, kind), bytes)
    return recipients.length
  }
}
