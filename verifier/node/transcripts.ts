/** The transcript of a session that this node measured: the record of the probe, the keys of all parties, and the vote. */
import { fromHex, toHex } from '../../proto/hex.js'
import { type SessionRecord, Transcript } from '../../proto/messages.js'
import { encodeVote, type Vote } from '../../proto/vote.js'
import type { Session } from '../core/assignment/assign.js'
import type { VerifierContext } from './context.js'
import type { Directory } from './directory.js'
import type { EpochRecord } from './epoch-facts.js'

/** A transcript without its vote: votes are made when the epoch has ended. */
export type Unvoted = Omit<Transcript, 'vote'>

export function unvotedTranscript(
  { network, self, peer }: Pick<VerifierContext, 'network' | 'self' | 'peer'>,
  directory: Directory,
  { facts }: EpochRecord,
  session: Session,
  record: SessionRecord,
): Unvoted {
  return {
    chainId: String(network.chainId),
    contract: fromHex(network.contract),
    era: facts.era,
    beacon: fromHex(facts.beacon),
    receiverPeer: peer.peerId.toString(),
    // Empty for a node that has announced no peer: the receiver accepted nothing that this node should have signed.
    senderPeers: session.senders.map(index => directory.verifier(index)?.peerId ?? ''),
    receiverAccount: fromHex(self.account),
    session: record,
  }
}

/** Writes one after the other, so that more urgent work at the epoch's end comes in between. */
export async function keepTranscripts(
  { store }: Pick<VerifierContext, 'store'>,
  unvoted: readonly Unvoted[],
  votes: readonly Vote[],
): Promise<void> {
  const voteOn = new Map(votes.map(vote => [vote.provider, vote]))
  for (const transcript of unvoted) {
    const { epoch, sessionId, provider } = transcript.session
    const vote = voteOn.get(toHex(provider))
    if (vote === undefined) continue
    await store.putTranscript(epoch, sessionId, Transcript.encode({ ...transcript, vote: encodeVote(vote) }))
  }
}
