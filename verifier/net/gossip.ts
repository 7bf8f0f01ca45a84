/**
 * Gossip by kind of message. A message that a validator accepts is forwarded to others. A rejected message counts against
 * the peer that sent it. An ignored message is lost for good, since its id stays in the seen-cache: a caller must accept
 * and keep a message that is merely early.
 */
import { TopicValidatorResult } from '@libp2p/gossipsub'
import type { Logger } from 'pino'
import type { NetworkId } from '../../proto/digests.js'
import { type GossipKind, topicOf } from '../../proto/protocols.js'
import { MAX_GOSSIP_BYTES } from './gossip-messages.js'
import type { Peer } from './libp2p.js'

export type Verdict = 'accept' | 'reject' | 'ignore'

/** Takes the message in as well: there is no separate delivery. */
export type GossipValidator = (bytes: Uint8Array) => Promise<Verdict>

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

  /** A node does not hear its own messages. */
  subscribe(kind: GossipKind, validate: GossipValidator): void {
    const topic = topicOf(this.network, kind)
    this.peer.services.pubsub.topicValidators.set(topic, async (_from, { data }) => {
      if (data.length > MAX_GOSSIP_BYTES[kind]) return TopicValidatorResult.Reject
      try {
        return RESULTS[await validate(data)]
      } catch (error) {
        this.log.error({ error, kind }, 'a gossip validator failed; the message is lost')
        return TopicValidatorResult.Ignore
      }
    })
    this.peer.services.pubsub.subscribe(topic)
  }

  /**
   * @returns how many peers the message was handed to; 0 means that nobody will ever hear it
   * @throws RangeError if the message is larger than others take
   */
  async publish(kind: GossipKind, bytes: Uint8Array): Promise<number> {
    if (bytes.length > MAX_GOSSIP_BYTES[kind]) {
      throw new RangeError(`${kind} of ${bytes.length} bytes, at most ${MAX_GOSSIP_BYTES[kind]} may be gossiped`)
    }
    const { recipients } = await this.peer.services.pubsub.publish(topicOf(this.network, kind), bytes)
    return recipients.length
  }
}
