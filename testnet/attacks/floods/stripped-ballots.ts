/** Honest ballots without their votes, each with another schedule: what the verifier signed does not change. */
import { randomBytes } from 'node:crypto'
import { Ballot } from '../../../proto/messages.js'
import { topicOf } from '../../../proto/protocols.js'
import { type Flood, often } from '../attacker.js'

/** A signature takes this process a millisecond. So these are none, and no two are alike. */
const PER_SECOND = 1000
const MOST_KEPT = 32

export const strippedBallots: Flood = async (attacker, signal) => {
  const topic = topicOf(attacker.network, 'ballot')
  const heard: Ballot[] = []
  attacker.setUp(({ services: { pubsub } }) => {
    pubsub.addEventListener('message', ({ detail }) => {
      if (detail.topic !== topic) return
      heard.push(Ballot.decode(detail.data))
      heard.splice(0, Math.max(0, heard.length - MOST_KEPT))
    })
    pubsub.subscribe(topic)
  })
  await often(PER_SECOND, signal, async i => {
    const ballot = heard[i % heard.length]
    if (ballot === undefined) return
    await attacker.say('ballot', Ballot.encode({ ...ballot, votes: [], schedule: randomBytes(96) }))
  })
}
