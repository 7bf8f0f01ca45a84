/**
 * A transcript checked without asking anybody: that its session is the one that its id names, that everything in it is
 * signed by whom it names, that every byte follows from the revealed keys, and that its vote follows from it. Whether
 * whom it names is whom the chain names: see registry-checks.ts.
 */
import type { PeerVerifier } from '../../probe/ports.js'
import { type TranscriptVerification, verifyTranscript } from '../../probe/transcript/verify.js'
import { type NetworkId, sessionIdOf } from '../../proto/digests.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { MessageError, Transcript } from '../../proto/messages.js'
import { decodeVote, encodeVote, OUTCOME_NAME, type Vote } from '../../proto/vote.js'
import { AnswerVerifiers } from '../chain/answers.js'
import { voucherVerifier } from '../chain/vouchers.js'
import { UserError } from '../config/errors.js'
import { makeVote } from '../core/scoring/vote.js'
import { peerVerifier } from '../net/peer-keys.js'
import type { CheckedTranscript } from './schema/transcript.js'

export interface ParsedTranscript {
  readonly transcript: Transcript
  readonly network: NetworkId
  readonly vote: Vote
}

/** @param name for the error. @throws UserError 'evidence' for what is no transcript at all */
export function parseTranscript(bytes: Uint8Array, name: string): ParsedTranscript {
  try {
    const transcript = Transcript.decode(bytes)
    const network = { chainId: Number(transcript.chainId), contract: toHex(transcript.contract) }
    if (!Number.isSafeInteger(network.chainId)) throw new RangeError('its chain id is no number')
    return { transcript, network, vote: decodeVote(transcript.vote) }
  } catch (cause) {
    if (!(cause instanceof MessageError || cause instanceof RangeError)) throw cause
    throw new UserError(
      'evidence',
      `${name} is no transcript (${cause.message}): get it again with \`bandwitness transcript\`.`,
      { cause },
    )
  }
}

/** The id that its network, epoch, beacon, parties and nonce have. */
export function boundSessionId({ transcript: { session, era, beacon }, network }: ParsedTranscript): Hex {
  const parties = { provider: toHex(session.provider), receiver: session.receiver, senders: session.senders }
  return sessionIdOf(network, { era, epoch: session.epoch }, toHex(beacon), parties, toHex(session.nonce))
}

export async function checkTranscript(parsed: ParsedTranscript): Promise<CheckedTranscript> {
  const { transcript, network, vote } = parsed
  const { session } = transcript
  const provider = toHex(session.provider)
  const verification = await verifyTranscript(session, {
    senders: transcript.senderPeers.map(verifierOf),
    receiver: verifierOf(transcript.receiverPeer),
    provider: new AnswerVerifiers(network).of(provider),
    providerVouchers: voucherVerifier(network, provider),
    receiverVouchers: voucherVerifier(network, toHex(transcript.receiverAccount)),
  })
  return {
    sessionId: toHex(session.sessionId),
    ...{ network, epoch: session.epoch, provider, receiver: session.receiver, claimKbps: session.claimKbps },
    outcome: OUTCOME_NAME[vote.outcome] ?? null,
    reason: session.reason || null,
    rateKbps: vote.rateKbps,
    offeredKbps: vote.offeredKbps,
    senders: verification.senders.map(({ evidence, receiptBytes }, slot) => ({
      verifier: session.senders[slot] ?? -1,
      peer: transcript.senderPeers[slot] ?? '',
      answer: evidence.answer,
      revealed: evidence.log !== undefined,
      ...{ arrived: evidence.arrived, verified: evidence.verified, receiptBytes: receiptBytes ?? null },
    })),
    checks: [
      {
        what: 'the session id binds this network, epoch, beacon, parties and nonce',
        holds: boundSessionId(parsed) === toHex(session.sessionId),
      },
      ...verification.checks,
      { what: 'the record gives exactly this vote', holds: isVoteOf(vote, verification, transcript) },
    ],
  }
}

/** Heartbeats, the schedule and the receiver's other session are not this session's: they are taken as the vote says. */
function isVoteOf(vote: Vote, { outcome, evidence }: TranscriptVerification, { session }: Transcript): boolean {
  const { ticksSent, ticksAnswered, scheduleProof, attempts } = vote
  const { otherOutcome, otherKbps, otherUnverifiable, second } = vote
  const again = makeVote({
    epoch: session.epoch,
    provider: toHex(session.provider),
    receiver: session.receiver,
    result: { outcome, evidence },
    other: undefined,
    second,
    ...{ ticksSent, ticksAnswered, scheduleProof, soak: session.soakMs !== undefined },
  })
  const whole = { ...again, attempts, otherOutcome, otherKbps, otherUnverifiable }
  return attempts > 0 && Buffer.compare(encodeVote(whole), encodeVote(vote)) === 0
}

/** Nothing holds for a peer id that is none. */
function verifierOf(peerId: string): PeerVerifier {
  try {
    return peerVerifier(peerId)
  } catch {
    return async () => false
  }
}
