import { encodeRewards } from '../core/rewards/rewards.js'
import { encodeCarryOver } from '../core/scoring/carry-over.js'
import type { SyncSource } from '../net/sync.js'
import type { VerifierContext } from './context.js'

/** What this node gives to others over `/bandwitness/sync/1.0.0`: everything that its store holds. */
export function syncSource({ store }: Pick<VerifierContext, 'store'>): SyncSource {
  return {
    ballot: root => store.getBallot(root),
    leaves: async hash => {
      const report = await store.getReport(hash)
      return report && encodeCarryOver(report)
    },
    rewards: async hash => {
      const report = await store.getReport(hash)
      return report && encodeRewards(report.rewards)
    },
    ballotSet: async hash => {
      const report = await store.getReport(hash)
      if (report === undefined || report.ballots.length === 0) return undefined
      const ballots = await Promise.all(report.ballots.map(({ root }) => store.getBallot(root)))
      return ballots.every(ballot => ballot !== undefined) ? ballots : undefined
    },
    transcript: sessionId => store.getTranscript(sessionId),
    gossip: epoch => store.heardGossip(epoch),
  }
}
