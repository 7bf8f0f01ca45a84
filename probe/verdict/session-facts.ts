/** The facts of a session that the judge gets. `transcript/facts.ts` derives all of them from the session's record. */
import type { SenderReadings, SendLog, SessionReadings } from '../../proto/messages.js'
import { isWellFormed, totalSent } from '../wire/send-log.js'
import { commonHost } from './common-host.js'
import type { ControlFlow } from './control.js'
import type { TurnEvidence } from './judge-turns.js'
import type { Refusal } from './refusals.js'
import { neededSenders } from './share.js'

/** The evidence of one sender. Counts are datagrams. */
export interface SenderEvidence extends Readonly<SenderReadings> {
  /** the provider's answer to this sender, with the provider's signature; `missing` if the sender showed none */
  readonly answer: 'granted' | 'refused' | 'unreachable' | 'missing'
  /** what the provider's refusal shows; undefined if it did not refuse */
  readonly refusal?: Refusal | undefined
  /** datagrams through the provider, the turn included */
  readonly arrived: number
  /** highest sequence number that was verified, or −1; the turn excluded */
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

export const countOf = (senders: readonly SenderEvidence[], is: (sender: SenderEvidence) => boolean): number =>
  senders.filter(is).length

/**
 * The provider refused this sender, whatever reason it signed. A sender can bring a refusal about by itself, but then it
 * shows nothing, and alone it moves nothing.
 */
export const isRefused = ({ answer }: Pick<SenderEvidence, 'answer'>): boolean => answer === 'refused'

/**
 * How many senders must show something: k − f', less those that the provider refused. What these cannot show is the
 * provider's doing. At least one sender must.
 */
export const neededOf = (senders: readonly SenderEvidence[]): number =>
  Math.max(1, neededSenders(senders.length) - countOf(senders, isRefused))

/** By slot. A sender that was refused was never told to start. */
export const controlFlows = (senders: readonly SenderEvidence[]): (ControlFlow | undefined)[] =>
  senders.map(sender => (isRefused(sender) ? undefined : sender.control))

/** The sender revealed its key, and the data is not what the key makes. */
export const isMismatched = ({ log, arrived, verified }: SenderEvidence): boolean =>
  log !== undefined && verified < VERIFIED_SHARE * arrived

/** Datagrams that the sender sent through the provider, as far as verified sequence numbers tell. */
export const sentBy = ({ highest, turn }: SenderEvidence): number => highest + 1 + (turn ? turn.highest + 1 : 0)

/**
 * The sender's own log shows less than its verified data. A log that shows far more than arrived is no contradiction: a
 * provider with a deep queue delivers only the beginning of a stream.
 */
const isContradicted = (sender: SenderEvidence): boolean =>
  sender.log !== undefined && !(isWellFormed(sender.log) && sentBy(sender) <= totalSent(sender.log))

/** The sender's log can be believed: nothing contradicts it, and the data is the sender's. */
export const isCredible = (sender: SenderEvidence): boolean =>
  sender.log !== undefined && !isMismatched(sender) && !isContradicted(sender)

/** The part of the sender's data that counts, in [0, 1]: data that its own log contradicts does not. */
export const verifiedPart = (sender: SenderEvidence): number =>
  sender.arrived === 0 || isContradicted(sender) ? 0 : sender.verified / sender.arrived

/**
 * Bitmap over the senders that spoiled their part of the session. The sender's data is not what its key makes, or is
 * more than its log shows; the sender was to send and revealed no key; or its data came from another host than the
 * others'. A session with such a sender says little about the provider, so it deserves another one with other senders.
 */
export function unverifiableSenders(senders: readonly SenderEvidence[]): number {
  const host = commonHost(senders.map(sender => sender.host))
  const isElsewhere = (sender: SenderEvidence): boolean => !!sender.host && !!host && sender.host !== host
  return senders.reduce((bits, sender, slot) => {
    const isKeyless = sender.ready && !sender.log
    const isSpoiled = isMismatched(sender) || isContradicted(sender) || isKeyless || isElsewhere(sender)
    return bits + (isSpoiled ? 2 ** slot : 0)
  }, 0)
}

/** Bitmap over the senders of which nothing was verified: they did not come, or nothing of theirs got through. */
export const missingSenders = (senders: readonly SenderEvidence[]): number =>
  senders.reduce((bits, { verified }, slot) => bits + (verified === 0 ? 2 ** slot : 0), 0)
