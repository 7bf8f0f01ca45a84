/** The statements that a gossip message carries. A proposal carries the seen lists of others. */
import { seenListHash } from '../../proto/digests.js'
import { toHex } from '../../proto/hex.js'
import type { SeenListMessage } from '../../proto/messages.js'
import type { Statement } from '../core/agreement/statements.js'
import type { GossipMessage } from '../net/gossip-messages.js'

export function statementsIn({ kind, message }: GossipMessage): Statement[] {
  switch (kind) {
    case 'commit': {
      const { verifier, commitment, signature } = message
      return [{ kind, verifier, slot: verifier, value: toHex(commitment), signature }]
    }
    case 'ballot': {
      const { verifier, root, signature } = message
      return [{ kind, verifier, slot: verifier, value: toHex(root), signature }]
    }
    case 'seen':
      return [listStatement(message)]
    case 'partial': {
      const { verifier, round, headerHash, signature } = message
      return [{ kind: 'report', verifier, slot: round, value: toHex(headerHash), signature }]
    }
    case 'proposal':
      return message.lists.map(listStatement)
    case 'certificate':
      return []
  }
}

function listStatement({ verifier, entries, signature }: SeenListMessage): Statement {
  const list = entries.map(entry => ({ verifier: entry.verifier, root: toHex(entry.root) }))
  return { kind: 'seen', verifier, slot: verifier, value: seenListHash(list), signature }
}
