/**
 * Gossip by kind of message. What a validator accepts is forwarded to others; what it rejects counts against the peer
 * that sent it; what it ignores is gone for good (the id stays in the seen-cache), so a message that is merely early
 * must be accepted and kept by the caller.
 */
import { TopicValidatorResult } from '@libp2p/gossipsub'
import type { Logger } from 'pino'
import type { NetworkId } from '../../proto/digests.js'
import { type GossipKind, topicOf } from '../../proto/protocols.js'
import { MAX_GOSSIP_BYTES } from './gossip-messages.js'
import type { Peer } from './libp2p.js'

export type Verdict = 'accept' | 'reject' | 'ignore'

/** Takes the message in as well: there is no separate delivery. */
export type GossipValidator = (bytes: Uint8Array, peerId: string) => Promise<Verdict>

const RESULTS: Record<Verdict, TopicValidatorResult> = {
  accept: TopicValidatorResult.Accept,
  reject: TopicValidatorResult.Reject,
  ignore: TopicValidatorResult.Ignore,
}

export class Gossip {
  constructor(
    private readonly peer: Peer,
    private readonly network: NetworkId,
    private readonly log: Logger,
  ) {}

  /** Own messages are not heard. */
  subscribe(kind: GossipKind, validate: GossipValidator): void {
    const topic = topicOf(this.network, kind)
    this.peer.services.pubsub.topicValidators.set(topic, async (from, { data }) => {
      if (data.length > MAX_GOSSIP_BYTES[kind]) return TopicValidatorResult.Reject
      try {
        return RESULTS[await validate(data, from.toString())]
      } catch (error) {
        this.log.error({ error, kind }, 'a gossip validator failed; the message is lost')
        return TopicValidatorResult.Ignore
      }
    })
    this.peer.services.pubsub.subscribe(topic)
  }

  /**
   * @returns how many peers it was handed to; 0 means that nobody will ever hear it
   * @throws RangeError if the message is larger than others would take
   */
  async publish(kind: GossipKind, bytes: Uint8Array): Promise<number> {
    if (bytes.length > MAX_GOSSIP_BYTES[kind]) {
      throw new RangeError(`${kind} of ${bytes.length} bytes, at most ${MAX_GOSSIP_BYTES[kind]} may be gossiped`)
    }
    const { recipients } = await this.peer.services.pubsub.publish(topicOf(this.network, kind), bytes)
    return recipients.length
  }

  /** Peers known to listen to this kind. */
  peers(kind: GossipKind): string[] {
    return this.peer.services.pubsub.getSubscribers(topicOf(this.network, kind)).map(String)
  }

  /** Calls back whenever the set of listeners may have changed. @returns how to stop it */
  onPeersChanged(callback: () => void): () => void {
    const { pubsub } = this.peer.services
    pubsub.addEventListener('subscription-change', callback)
    this.peer.addEventListener('peer:disconnect', callback)
    return () => {
      pubsub.removeEventListener('subscription-change', callback)
      this.peer.removeEventListener('peer:disconnect', callback)
    }
  }
}
