import { INDEX_ENTRY_BYTES, INDEX_PART_ENTRIES } from '../../proto/ballot-index.js'
import type { Hex } from '../../proto/hex.js'
import { encodeHead } from '../../proto/messages.js'
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
  const revealed = async (root: Hex) => {
    const head = await store.ballots.head(root)
    return head && isRevealed(head.epoch) ? head : undefined
  }
  return {
    ballot: async root => {
      const head = await revealed(root)
      const index = head && (await store.ballots.index(root))
      return head && index && [encodeHead(head), ...inParts(index.bytes)]
    },
    ballotPart: async (root, part) => ((await revealed(root)) ? store.ballots.part(root, part) : undefined),
    leaves: hash => store.reports.leaves(hash),
    rewards: hash => store.reports.rewards(hash),
    ballotSet: async hash => {
      const report = await store.reports.find(hash)
      if (report === undefined || report.ballots.length === 0) return undefined
      const heads = await Promise.all(report.ballots.map(({ root }) => store.ballots.head(root)))
      return heads.every(head => head !== undefined) ? heads.map(encodeHead) : undefined
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

const inParts = (index: Uint8Array): Uint8Array[] => {
  const size = INDEX_PART_ENTRIES * INDEX_ENTRY_BYTES
  return Array.from({ length: Math.ceil(index.length / size) }, (_, i) => index.subarray(i * size, (i + 1) * size))
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
