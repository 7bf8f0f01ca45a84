/**
 * What the turns of a soak say together, and whether they are evidence of a low reading. Pure.
 *
 * Each turn is one sender's alone, so f' senders that lie spoil f' turns and no more: the reading is that of the turn in the
 * middle. It is low if f'+1 turns are, and it counts as a low vote only if that many low turns were in order: sent by an
 * honest log at more than the claim, on a way of their own that was shown to be free, and with nobody else's data beside them.
 */
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import type { SendLog } from '../../proto/messages.js'
import { offeredKbps } from '../wire/send-log.js'
import { isHeldUpBy, type TurnControl } from './control.js'
import type { Estimate } from './estimator.js'
import { lowMedian } from './low-median.js'
import type { AtLeastReason } from './outcome.js'
import { neededSenders, toleratedSenders } from './share.js'
import { surelySent, togetherMs, turnOf } from './turns.js'

/** What the receiver has of one sender's turn at the end. */
export interface TurnEvidence {
  /** over its data alone */
  readonly estimate: Estimate
  /** what came through the provider under each sender's tag in the meantime; 0 for itself */
  readonly crowdKbps: readonly number[]
  /** datagrams */
  readonly arrived: number
  /** highest sequence number that arrived, from the turn's start, or −1 */
  readonly highest: number
  readonly verified: number
  /** verified data over the time in which it was sent: no provider has more of a turn than was brought to it meanwhile */
  readonly sentKbps: number
  /** of its data, above the shortest transit */
  readonly riseMs: number
  /** its own control datagrams in its turn; undefined if nothing of them can be believed */
  readonly control: TurnControl | undefined
}

/** What the judge has of one sender, as far as it matters here. */
interface TurnSender {
  readonly log: SendLog | undefined
  /** of all its data through the provider, datagrams */
  readonly verified: number
  /** undefined where there is no account of it */
  readonly turn?: TurnEvidence | undefined
}

export interface TurnFacts<P extends TurnSender = TurnSender> {
  readonly claimKbps: number
  readonly thresholdKbps: number
  readonly soakMs: number
  readonly kernelTimestamps: boolean
  /** by slot */
  readonly senders: readonly P[]
}

/** In its turn a sender's own path is free if it loses no more control datagrams: a way too narrow loses a quarter. */
const MOST_LOST = 0.1
/** And so many of them have to show it. */
const LEAST_CONTROL = 30
/** Senders that all send together with a crowd get this part of what the link carries, at least. */
const FAIR_PART = 0.95

export interface TurnsReading {
  /** of the turn in the middle, kbit/s at the IP layer */
  readonly arrivedKbps: number
  readonly verifiedKbps: number
  /** what f'+1 of the turns were offered at least, by their senders' logs */
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
    verifiedKbps: middle(senders.map(turnReading)),
    offeredKbps: -middle(offers.map(offer => -offer)),
    windows: sum(({ windows }) => windows),
    durationMs: sum(({ fromMs, toMs }) => toMs - fromMs),
  }
}

const middle = (values: readonly number[]): number => lowMedian(values) ?? 0

/** What a turn reads: what arrived as far as it was verified, and no faster than it had been sent. */
function turnReading({ turn }: TurnSender): number {
  if (!turn || turn.arrived === 0) return 0
  return Math.min((turn.estimate.rateKbps * turn.verified) / turn.arrived, turn.sentKbps)
}

/** By the sender's own log, kbit/s. */
function offeredInTurn({ soakMs, senders }: TurnFacts, sender: TurnSender, slot: number): number {
  const { fromMs, toMs } = surelySent(turnOf(soakMs, senders.length, slot))
  return sender.log ? offeredKbps(sender.log, fromMs, toMs) : 0
}

/**
 * What else than the provider may have been the limit of a low reading; undefined if nothing may.
 * @param isCredible whether a sender's log agrees with what arrived. @param offer what it has to show of its turn
 */
export function turnsLimit<P extends TurnSender>(
  facts: TurnFacts<P>,
  isCredible: (sender: P) => boolean,
  offer: { readonly leastKbps: number; readonly mostKbps: number },
): AtLeastReason | undefined {
  const { senders, thresholdKbps } = facts
  const enough = toleratedSenders(senders.length) + 1
  const low = senders
    .map((sender, slot) => ({ sender, slot }))
    .filter(({ sender }) => turnReading(sender) < thresholdKbps && isCredible(sender))
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
 * Whether others' data may have taken the room that a turn lacks: the f' senders that sent most beside it, and with
 * theirs the slashing threshold would have been reached. That alone would let one sender excuse any provider, by sending beside its link. So
 * it is believed only of a provider that the other senders have shown to carry their part of the claim, while all were sending.
 */
function isCrowded({ senders, claimKbps, thresholdKbps, soakMs }: TurnFacts, sender: TurnSender): boolean {
  const k = senders.length
  const bySize = (sender.turn?.crowdKbps ?? [])
    .map((kbps, slot) => ({ kbps, slot }))
    .sort((a, b) => b.kbps - a.kbps)
    .slice(0, toleratedSenders(k))
  const crowdKbps = bySize.reduce((sum, { kbps }) => sum + kbps, 0)
  if (turnReading(sender) + crowdKbps < thresholdKbps) return false
  const crowd = bySize.map(({ slot }) => slot)
  const together = senders.filter((_, slot) => !crowd.includes(slot)).map(one => togetherKbps(one, soakMs))
  const carriedKbps = together.reduce((sum, kbps) => sum + kbps, 0)
  return carriedKbps >= (FAIR_PART * neededSenders(k) * claimKbps) / k
}

/** Mean of what came of one sender while all were sending. */
const togetherKbps = ({ verified, turn }: TurnSender, soakMs: number): number =>
  ((verified - (turn?.verified ?? 0)) * IP_DATAGRAM_BYTES * 8) / togetherMs(soakMs)

/**
 * What the session may come to read when the keys are known: of f' senders nothing may count, and those of whom nothing came
 * are among them.
 */
export function leastTurnKbps(turns: readonly Estimate[]): number {
  const rates = turns.map(({ rateKbps }) => rateKbps).filter(rateKbps => rateKbps > 0)
  return rates.length < neededSenders(turns.length) ? 0 : Math.min(...rates)
}
