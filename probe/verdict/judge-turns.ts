/**
 * The reading of all turns of a soak, and whether they are evidence of a low reading. Pure.
 *
 * In each turn one sender sends alone, so f' senders that lie spoil f' turns and no more: the session's reading is that
 * of the middle turn. The session is low if f'+1 turns are low. It counts as a low vote only if f'+1 low turns were in
 * order: an honest log shows that more than the claim was offered, the sender's own path was shown to be free, and
 * nobody else's data came beside it.
 */
import { ipDatagramBytes } from '../../proto/datagram.js'
import type { SendLog, TurnRecord } from '../../proto/messages.js'
import { POLICE_SLACK, togetherMs } from '../constants.js'
import { offeredKbps } from '../wire/send-log.js'
import { isHeldUpBy, type TurnControl } from './control.js'
import type { Estimate } from './estimator.js'
import { lowMedian } from './low-median.js'
import type { AtLeastReason } from './outcome.js'
import { neededSenders, toleratedSenders, turnKbps } from './share.js'
import { surelySent, turnOf } from './turns.js'

/** The evidence of one sender's turn. */
export interface TurnEvidence extends Readonly<Omit<TurnRecord, 'controlRiseMs'>> {
  /** datagrams */
  readonly arrived: number
  /** highest sequence number that was verified, from the turn's start, or −1 */
  readonly highest: number
  readonly verified: number
  /** verified data over the time in which it was sent: see `sentRateKbps` */
  readonly sentKbps: number
  /** the sender's control datagrams in its turn; undefined if none of them can be believed */
  readonly control: TurnControl | undefined
}

/** The part of a sender's evidence that matters here. */
interface TurnSender {
  readonly answer: 'granted' | 'refused' | 'unreachable' | 'missing'
  readonly log: SendLog | undefined
  /** verified datagrams of all the sender's data through the provider */
  readonly verified: number
  /** undefined if the receiver read no turn */
  readonly turn?: TurnEvidence | undefined
}

export interface TurnFacts<S extends TurnSender = TurnSender> {
  readonly claimKbps: number
  readonly thresholdKbps: number
  readonly soakMs: number
  readonly kernelTimestamps: boolean
  readonly ipv6: boolean
  /** by slot */
  readonly senders: readonly S[]
}

/**
 * A sender's own path is free if it loses at most this part of its control datagrams in its turn. Too narrow a path
 * loses a quarter.
 */
const MOST_LOST = 0.1
/** Control datagrams that a turn needs to show that its path is free. */
const LEAST_CONTROL = 30
/** Senders that all send together with a crowd get at least this part of what the link carries. */
const FAIR_PART = 0.95

export interface TurnsReading {
  /** of the middle turn, kbit/s at the IP layer */
  readonly arrivedKbps: number
  readonly verifiedKbps: number
  /** f'+1 of the turns were offered at least this, by their senders' logs */
  readonly offeredKbps: number
  /** of all turns */
  readonly windows: number
  readonly durationMs: number
}

export function readTurns(facts: TurnFacts): TurnsReading {
  const { senders } = facts
  const estimates = senders.flatMap(({ turn }) => turn?.estimate ?? [])
  const offers = senders.map((sender, slot) => offeredInTurn(facts, sender, slot))
  const sum = (of: (estimate: Estimate) => number): number => estimates.reduce((total, one) => total + of(one), 0)
  return {
    arrivedKbps: middle(senders.map(({ turn }) => turn?.estimate.rateKbps ?? 0)),
    verifiedKbps: middle(senders.map(sender => turnReading(facts, sender))),
    offeredKbps: -middle(offers.map(offer => -offer)),
    windows: sum(({ windows }) => windows),
    durationMs: sum(({ fromMs, toMs }) => toMs - fromMs),
  }
}

const middle = (values: readonly number[]): number => lowMedian(values) ?? 0

/**
 * The verified fraction of the turn's reading, kbit/s: at most the rate at which the data was sent, and at most the rate
 * to which an honest relay holds the sender in its turn.
 */
function turnReading({ claimKbps }: TurnFacts, { turn }: TurnSender): number {
  if (!turn || turn.arrived === 0) return 0
  const mostKbps = POLICE_SLACK * turnKbps(claimKbps)
  return Math.min((turn.estimate.rateKbps * turn.verified) / turn.arrived, turn.sentKbps, mostKbps)
}

/** Rate that the sender's own log shows for its turn, kbit/s. A sender that the provider refused has offered it. */
function offeredInTurn({ soakMs, senders, claimKbps, ipv6 }: TurnFacts, sender: TurnSender, slot: number): number {
  if (sender.answer === 'refused') return turnKbps(claimKbps)
  const { fromMs, toMs } = surelySent(turnOf(soakMs, senders.length, slot))
  return sender.log ? offeredKbps(sender.log, fromMs, toMs, ipDatagramBytes(ipv6)) : 0
}

/**
 * Why a low reading is a lower bound only; undefined if only the provider can have been the limit.
 * @param isCredible whether a sender's log agrees with what arrived
 * @param offer the rates between which a sender's log must show its turn
 */
export function turnsLimit<S extends TurnSender>(
  facts: TurnFacts<S>,
  isCredible: (sender: S) => boolean,
  offer: { readonly leastKbps: number; readonly mostKbps: number },
): AtLeastReason | undefined {
  const { senders, thresholdKbps } = facts
  // The turn of a sender that the provider refused is low by the provider's own doing.
  const refused = senders.filter(({ answer }) => answer === 'refused').length
  const enough = Math.max(1, toleratedSenders(senders.length) + 1 - refused)
  const low = senders
    .map((sender, slot) => ({ sender, slot }))
    .filter(({ sender }) => turnReading(facts, sender) < thresholdKbps && isCredible(sender))
    .filter(({ sender, slot }) => {
      const kbps = offeredInTurn(facts, sender, slot)
      return kbps >= offer.leastKbps && kbps <= offer.mostKbps && !isCrowded(facts, sender)
    })
  if (low.length < enough) return 'sender-limited'
  const shown = low.flatMap(({ sender: { turn } }) => (turn?.control && turn.control.sent >= LEAST_CONTROL ? turn : []))
  if (shown.length < enough) return 'no-control'
  return shown.filter(turn => isPathFree(facts, turn)).length < enough ? 'path-limited' : undefined
}

const isPathFree = ({ kernelTimestamps }: TurnFacts, { control, riseMs }: TurnEvidence): boolean =>
  control !== undefined &&
  control.arrived >= (1 - MOST_LOST) * control.sent &&
  !(kernelTimestamps && isHeldUpBy(control.riseMs, riseMs))

/**
 * Whether other senders' data may have taken the room that a turn lacks: together with the data of the f' senders that
 * sent most beside the turn, it would have reached the slashing threshold. This alone would let one sender excuse any
 * provider, by sending beside the provider's link. So it is believed only if the other senders have shown that the
 * provider carries their part of the claim while all are sending.
 */
function isCrowded(facts: TurnFacts, sender: TurnSender): boolean {
  const { senders, claimKbps, thresholdKbps, soakMs, ipv6 } = facts
  const k = senders.length
  const bySize = (sender.turn?.crowdKbps ?? [])
    .map((kbps, slot) => ({ kbps, slot }))
    .sort((a, b) => b.kbps - a.kbps)
    .slice(0, toleratedSenders(k))
  const crowdKbps = bySize.reduce((sum, { kbps }) => sum + kbps, 0)
  if (turnReading(facts, sender) + crowdKbps < thresholdKbps) return false
  const crowd = bySize.map(({ slot }) => slot)
  const together = senders.filter((_, slot) => !crowd.includes(slot)).map(one => togetherKbps(one, soakMs, ipv6))
  const carriedKbps = together.reduce((sum, kbps) => sum + kbps, 0)
  return carriedKbps >= (FAIR_PART * neededSenders(k) * claimKbps) / k
}

/** Mean rate of one sender's data while all were sending. */
const togetherKbps = ({ verified, turn }: TurnSender, soakMs: number, ipv6: boolean): number =>
  ((verified - (turn?.verified ?? 0)) * ipDatagramBytes(ipv6) * 8) / togetherMs(soakMs)

/**
 * The lowest reading that the session may have once the keys are known. Then the data of f' senders may not count.
 * Senders from whom nothing arrived are among these.
 */
export function leastTurnKbps(turns: readonly Estimate[]): number {
  const rates = turns.map(({ rateKbps }) => rateKbps).filter(rateKbps => rateKbps > 0)
  return rates.length < neededSenders(turns.length) ? 0 : Math.min(...rates)
}
