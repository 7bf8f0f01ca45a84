/**
 * Whether a transcript's readings can be true. They are the receiver's own word; but a clock gives no negative time, and
 * data that did not arrive bears out no rate.
 */
import { ipDatagramBytes } from '../../proto/datagram.js'
import type { EstimateRecord } from '../../proto/messages.js'
import type { SenderEvidence, SessionFacts } from '../verdict/session-facts.js'

/** Of all readings of a session. */
export const areReadingsSupported = (facts: SessionFacts): boolean =>
  areClockReadings(facts) &&
  areOverrunsCounted(facts) &&
  isMainSupported(facts) &&
  isSupported(
    facts.direct,
    total(facts, ({ direct }) => direct.arrived),
    facts.ipv6,
  )

/** Times and rates are finite and not negative, spans do not run backwards, and nothing arrives faster than it was sent. */
const areClockReadings = ({ estimate, sinceMs, meanKbps, direct, starvedMs, senders }: SessionFacts): boolean =>
  [
    starvedMs,
    sinceMs ?? 0,
    meanKbps ?? 0,
    (estimate?.fromMs ?? 0) - (sinceMs ?? 0),
    ...[estimate, direct].flatMap(figuresOf),
    ...senders.flatMap(figuresOfSender),
  ].every(figure => Number.isFinite(figure) && figure >= 0) && senders.every(({ hoarding }) => hoarding <= 1)

/** A count, and only of a session that was read. */
const areOverrunsCounted = ({ overruns, estimate }: SessionFacts): boolean =>
  Number.isSafeInteger(overruns) && overruns >= 0 && (estimate !== undefined || overruns === 0)

const figuresOfSender = ({ hoarding, riseMs, delayMs, spanKbps, control, turn }: SenderEvidence): number[] => [
  ...[hoarding, riseMs, delayMs ?? 0, spanKbps, control?.spanMs ?? 0, control?.riseMs ?? 0],
  ...[...figuresOf(turn?.estimate), ...(turn?.crowdKbps ?? []), turn?.riseMs ?? 0, turn?.control?.riseMs ?? 0],
]

const figuresOf = (estimate: EstimateRecord | undefined): number[] =>
  estimate ? [estimate.rateKbps, estimate.fromMs, estimate.toMs - estimate.fromMs] : []

function isMainSupported(facts: SessionFacts): boolean {
  if (facts.soakMs === undefined)
    return isSupported(
      facts.estimate,
      total(facts, ({ arrived }) => arrived),
      facts.ipv6,
    )
  return facts.senders.every(({ turn }) => isSupported(turn?.estimate, turn?.arrived ?? 0, facts.ipv6))
}

/**
 * At least half of the windows reached the median, and the rate of one window is over at least half of its length. So at
 * least a quarter of the bytes that a reading stands for must have arrived.
 */
const isSupported = (reading: EstimateRecord | undefined, datagrams: number, ipv6: boolean): boolean =>
  !reading || datagrams * ipDatagramBytes(ipv6) * 8 >= (reading.rateKbps * (reading.toMs - reading.fromMs)) / 4

const total = ({ senders }: SessionFacts, of: (sender: SenderEvidence) => number): number =>
  senders.reduce((sum, sender) => sum + of(sender), 0)
