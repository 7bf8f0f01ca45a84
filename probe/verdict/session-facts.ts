/** The facts of a session that the judge gets. `transcript/facts.ts` derives all of them from the session's record. */
import type { SenderReadings, SendLog, SessionReadings } from '../../proto/messages.js'
import { isWellFormed, totalSent } from '../wire/send-log.js'
import type { ControlFlow } from './control.js'
import type { TurnEvidence } from './judge-turns.js'

/** The evidence of one sender. Counts are datagrams. */
export interface SenderEvidence extends Readonly<SenderReadings> {
  /** the provider's answer to this sender, with the provider's signature; `missing` if the sender showed none */
  readonly answer: 'granted' | 'refused' | 'unreachable' | 'missing'
  /** datagrams through the provider, the turn included */
  readonly arrived: number
  /** highest sequence number that arrived, or −1; the turn excluded */
  readonly highest: number
  /** verified datagrams, the turn included */
  readonly verified: number
  /** undefined in an ordinary session */
  readonly turn?: TurnEvidence | undefined
  /** undefined unless the sender signed it and revealed the key that it had committed to */
  readonly log: SendLog | undefined
  /** undefined if none of the control datagrams can be believed */
  readonly control: ControlFlow | undefined
  /** datagrams of the direct probe */
  readonly direct: { readonly arrived: number; readonly verified: number }
}

/** The evidence of a session. */
export interface SessionFacts extends Readonly<SessionReadings> {
  /** by slot */
  readonly senders: readonly SenderEvidence[]
}

/**
 * A sender is unverifiable if less of its data is verified. UDP's own checksum lets hardly any broken datagram pass.
 */
const VERIFIED_SHARE = 0.98

/** The slashing threshold as a rate. */
export const thresholdKbps = ({ claimKbps, breachBps }: Pick<SessionFacts, 'claimKbps' | 'breachBps'>): number =>
  (claimKbps * breachBps) / 10_000

/** The sender revealed its key, and the data is not what the key makes. */
export const isMismatched = ({ log, arrived, verified }: SenderEvidence): boolean =>
  log !== undefined && verified < VERIFIED_SHARE * arrived

/** Datagrams that the sender sent through the provider, as far as sequence numbers tell. */
export const sentBy = ({ highest, turn }: SenderEvidence): number => highest + 1 + (turn ? turn.highest + 1 : 0)

/**
 * The data is the sender's, and its log does not contradict what arrived. A log that shows far more than arrived is no
 * contradiction: a provider with a deep queue delivers only the beginning of a stream.
 */
export function isCredible(sender: SenderEvidence): boolean {
  const { log } = sender
  return log !== undefined && !isMismatched(sender) && isWellFormed(log) && sentBy(sender) <= totalSent(log)
}

/** Bitmap over the senders: the data is not what the key makes, or the sender was to send and revealed no key. */
export const unverifiableSenders = (senders: readonly SenderEvidence[]): number =>
  senders.reduce(
    (bits, sender, slot) => bits + (isMismatched(sender) || (sender.ready && !sender.log) ? 2 ** slot : 0),
    0,
  )
