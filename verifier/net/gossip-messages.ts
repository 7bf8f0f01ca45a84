/** What gossip carries: one type of message for each kind, and the most bytes that a message of each kind may have. */
import { Ballot, Certificate, Commit, Partial, Proposal, SeenListMessage } from '../../proto/messages.js'
import type { GossipKind } from '../../proto/protocols.js'

/** A decoded message, told apart by its kind. A new kind must be handled in `node/gossip-checks.ts` and `node/inbox.ts`. */
export type GossipMessage =
  | { readonly kind: 'commit'; readonly message: Commit }
  | { readonly kind: 'ballot'; readonly message: Ballot }
  | { readonly kind: 'seen'; readonly message: SeenListMessage }
  | { readonly kind: 'proposal'; readonly message: Proposal }
  | { readonly kind: 'partial'; readonly message: Partial }
  | { readonly kind: 'certificate'; readonly message: Certificate }

/** What a check found: forward the message; count it against the peer that sent it; or neither. */
export type Verdict = 'accept' | 'reject' | 'ignore'

export const MAX_GOSSIP_BYTES: Record<GossipKind, number> = {
  commit: Commit.maxBytes,
  ballot: Ballot.maxBytes,
  seen: SeenListMessage.maxBytes,
  proposal: Proposal.maxBytes,
  partial: Partial.maxBytes,
  certificate: Certificate.maxBytes,
}

/** @throws MessageError if the bytes are not a message of this kind */
export function decodeGossip(kind: GossipKind, bytes: Uint8Array): GossipMessage {
  switch (kind) {
    case 'commit':
      return { kind, message: Commit.decode(bytes) }
    case 'ballot':
      return { kind, message: Ballot.decode(bytes) }
    case 'seen':
      return { kind, message: SeenListMessage.decode(bytes) }
    case 'proposal':
      return { kind, message: Proposal.decode(bytes) }
    case 'partial':
      return { kind, message: Partial.decode(bytes) }
    case 'certificate':
      return { kind, message: Certificate.decode(bytes) }
  }
}
