/** Checks a sender's reveal: its key matches the commitment, and the sender signed it. */
import type { ProbeReveal } from '../../proto/messages.js'
import type { PeerVerifier } from '../ports.js'
import { isWellFormed } from '../wire/send-log.js'
import { keyCommitment, revealDigest } from '../wire/statements.js'

export const isCommitted = (
  { key }: ProbeReveal,
  sessionId: Uint8Array,
  slot: number,
  commitment: Uint8Array | undefined,
): boolean => Buffer.compare(keyCommitment(sessionId, slot, key), commitment ?? new Uint8Array()) === 0

/** The sender signed the key together with a log of the right shape. */
export const isSigned = async (
  { key, log, signature }: ProbeReveal,
  sessionId: Uint8Array,
  slot: number,
  sender: PeerVerifier,
): Promise<boolean> => isWellFormed(log) && sender(revealDigest(sessionId, slot, key, log), signature)
