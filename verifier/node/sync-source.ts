import { Ballot } from '../../proto/messages.js'
import { revealedEpoch } from '../core/agreement/phases.js'
import type { StoredItems, SyncSource } from '../net/sync.js'
import type { VerifierContext } from './context.js'

type SourceContext = Pick<VerifierContext, 'store' | 'epochs' | 'params' | 'wall'>

/**
 * What this node gives to others over `/bandwitness/sync/1.0.0`: everything that its store holds. Of an epoch whose
 * commitments are not closed it gives commitments only, which show no vote: else others could copy votes.
 */
export function syncSource({ store, epochs, params, wall }: SourceContext): SyncSource {
  const isRevealed = (epoch: number) => epoch <= revealedEpoch(epochs, params, wall.nowMs())
  return {
    ballot: async root => {
      const ballot = await store.getBallot(root)
      return ballot !== undefined && isRevealed(Ballot.decode(ballot).epoch) ? ballot : undefined
    },
    leaves: hash => store.reportLeaves(hash),
    rewards: hash => store.reportRewards(hash),
    ballotSet: async hash => {
      const report = await store.getReport(hash)
      if (report === undefined || report.ballots.length === 0) return undefined
      const roots = report.ballots.map(({ root }) => root)
      let bytes = 0
      for (const root of roots) {
        const ballot = await store.getBallot(root)
        if (ballot === undefined) return undefined
        bytes += ballot.length
      }
      return oneByOne(roots, bytes, root => store.getBallot(root))
    },
    transcript: sessionId => store.getTranscript(sessionId, revealedEpoch(epochs, params, wall.nowMs())),
    gossip: async epoch => {
      const heard = await store.gossipNames(epoch)
      const given = isRevealed(epoch) ? heard : heard.filter(({ kind }) => kind === 'commit')
      const bytes = given.reduce((sum, item) => sum + item.bytes, 0)
      return oneByOne(given, bytes, item => store.gossipItem(item))
    },
  }
}

const oneByOne = <T>(
  names: readonly T[],
  bytes: number,
  read: (name: T) => Promise<Uint8Array | undefined>,
): StoredItems => ({
  length: names.length,
  bytes,
  async *[Symbol.asyncIterator]() {
    for (const name of names) {
      const item = await read(name)
      if (item === undefined) throw new Error('an item was pruned while it was being sent')
      yield item
    }
  },
})
