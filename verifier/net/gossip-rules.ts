/** What gossipsub is told of the topics of one network. */
import { createPeerScoreParams, createTopicScoreParams } from '@libp2p/gossipsub/score'
import { BUDGET } from './gossip-budget.js'

/**
 * Of a peer that used its budget up. Gossipsub then offers it no messages (-50). It still hears its subscriptions (above
 * -80), which it says once for each connection: if it was cut off by mistake, it comes back.
 */
const LOWEST_SCORE = -60
/** A peer with so many wrong messages leaves the meshes. Fewer may be due to a reorganisation that it has not seen yet. */
const TOLERATED = 64
/** Each second. Wrong messages count for about half a minute. */
const DECAY = 0.97

/** The count of wrong messages is squared. */
const WEIGHT = LOWEST_SCORE / (BUDGET ** 2 - TOLERATED ** 2)

/** How much a peer delivers does not count, since topics are silent for most of an epoch. */
const TOPIC_SCORE = createTopicScoreParams({
  topicWeight: 1,
  timeInMeshWeight: 0,
  firstMessageDeliveriesWeight: 0,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: WEIGHT,
  invalidMessageDeliveriesDecay: DECAY,
})

/**
 * @param topics that the node has anything to do with: it keeps nothing of others
 * @param whitelist hosts that may have any number of peers
 */
export const gossipRules = (topics: readonly string[], whitelist: readonly string[]) => ({
  allowedTopics: [...topics],
  scoreParams: createPeerScoreParams({
    topics: Object.fromEntries(topics.map(topic => [topic, TOPIC_SCORE])),
    appSpecificScore: () => -WEIGHT * TOLERATED ** 2,
    appSpecificWeight: 1,
    IPColocationFactorWhitelist: new Set(whitelist),
  }),
})
