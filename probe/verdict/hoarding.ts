/**
 * Detects hoarding: a provider saves data up and then delivers it faster than its link is. A link with 60 % of the
 * claim can pass for a whole one. The provider holds back the first half second of a session and forwards it together
 * with the next, so every reading by arrival times exceeds the claim. A longer session only costs the provider more
 * memory. But the provider cannot change when the senders sent: 50 ms of its arrivals were sent over 100 ms.
 *
 * So the receiver compares the pace of arrivals with the pace of send times, which are masked and cannot be forged. A
 * queue that fills slows arrivals down, and a constant delay changes nothing. A queue that drains looks like hoarding;
 * a relay that starts slowly has such a queue. But the link of that relay was busy all along. So all data since the
 * start of the session, divided by the time in which it was sent, supports the reading. Hoarded data was not delivered
 * before, so a hoarder's total does not support the reading.
 *
 * A provider may also drop the beginning of a session: it saves up the credit of its line, and later forwards fresh data
 * at a high rate. Standing delay looks alike from outside, since nothing arrives for a while. But the first data that
 * arrives behind a delay is the first that was sent. So only the total supports the reading of a sender whose beginning
 * was dropped.
 */

import type { Transits } from '../wire/verified.js'
import { lowMedian } from './low-median.js'
import type { Span } from './turns.js'

const WINDOW_MS = 50
/** A window with fewer datagrams shows no pace. */
const MIN_DATAGRAMS = 3
/**
 * The beginning of a flow was not dropped if something sent before this arrived: the receiver discards as much anyway.
 */
const BEGINNING_MS = 350
/** A smaller distance from 1 is noise of the two clocks. */
const NOISE = 0.03

/**
 * Factor for a reading of the span, at most 1: the pace of arrivals divided by the pace of sending, but no less than
 * the part of the reading that all arrivals up to the span's end support. Without the beginning of the flow, that part
 * alone.
 * @param transits an even sample of one sender's verified datagrams, in any order; send times count from its start
 */
export function hoardingFactor(transits: Transits, span: Span): number {
  const supported = Math.min(1, supportedPart(transits, span))
  const hasBeginning = transits.sentMs.some(ms => ms < BEGINNING_MS)
  const factor = hasBeginning || supported === 0 ? Math.max(pace(transits, span), supported) : supported
  return factor < 1 - NOISE ? factor : 1
}

/**
 * Time between arrivals divided by the time between their sending, from one window to the next; the median of these.
 */
function pace(transits: Transits, span: Span): number {
  const means = windowMeans(transits, span)
  const paces = means.slice(1).map((mean, i) => {
    const sentMs = mean.sentMs - means[i]!.sentMs
    return sentMs > 0 ? Math.min(1, (mean.arrivedMs - means[i]!.arrivedMs) / sentMs) : 1
  })
  return lowMedian(paces) ?? 1
}

/**
 * Rate of all arrivals up to the span's end, by the time in which they were sent, divided by the rate within the span.
 */
function supportedPart({ sentMs, arrivedMs }: Transits, { fromMs, toMs }: Span): number {
  let all = 0
  let within = 0
  let lastSentMs = 0
  let [firstMs, lastMs] = [toMs, fromMs]
  for (const [i, arrived] of arrivedMs.entries()) {
    if (arrived >= toMs) continue
    all++
    lastSentMs = Math.max(lastSentMs, sentMs[i]!)
    if (arrived < fromMs) continue
    within++
    firstMs = Math.min(firstMs, arrived)
    lastMs = Math.max(lastMs, arrived)
  }
  return within > 0 && lastSentMs > 0 ? all / lastSentMs / (within / (lastMs - firstMs)) : 0
}

interface Means {
  readonly arrivedMs: number
  readonly sentMs: number
}

/** Mean arrival and mean send time of each window's datagrams. Means allow for datagrams that overtook one another. */
function windowMeans({ sentMs, arrivedMs }: Transits, { fromMs, toMs }: Span): Means[] {
  const sums: { arrivedMs: number; sentMs: number; count: number }[] = []
  for (const [i, arrived] of arrivedMs.entries()) {
    if (arrived < fromMs || arrived >= toMs) continue
    const window = Math.floor((arrived - fromMs) / WINDOW_MS)
    sums[window] ??= { arrivedMs: 0, sentMs: 0, count: 0 }
    const sum = sums[window]
    sum.arrivedMs += arrived
    sum.sentMs += sentMs[i]!
    sum.count++
  }
  return sums
    .filter(sum => sum.count >= MIN_DATAGRAMS)
    .map(({ arrivedMs, sentMs, count }) => ({ arrivedMs: arrivedMs / count, sentMs: sentMs / count }))
}

/**
 * The low median over the senders. A minority that lies about its send times cannot move the factor beyond the others.
 * @param factors one for each sender whose data was verified
 */
export const commonFactor = (factors: readonly number[]): number => lowMedian(factors) ?? 1

/**
 * The same check for a whole turn of a soak, which has a beginning and an end: the rate at which the arrived data was
 * sent. The provider may hold and mix the data as long as it likes. The rate never exceeds the rate at which the
 * provider took the data in while the sender was sending.
 * @param datagrams number of datagrams; the transits may be a sample of them
 * @param datagramBytes of one datagram, at the IP layer
 */
export function sentRateKbps(datagrams: number, { sentMs }: Transits, datagramBytes: number): number {
  const places = sentMs.length
  if (places < 2) return 0
  let [first, last] = [sentMs[0]!, sentMs[0]!]
  for (const ms of sentMs) {
    first = Math.min(first, ms)
    last = Math.max(last, ms)
  }
  // n datagrams have n − 1 gaps between them.
  const sent = (datagrams * (places - 1)) / places
  return last > first ? (sent * datagramBytes * 8) / (last - first) : 0
}
