/**
 * Whether a provider saved up what it then delivered all the faster. A link that brings in 60 % of the claim can pass for a
 * whole one: it holds a session's first half second back and forwards it together with the next, and any reading by
 * arrival sees more than the claim; against a longer session it only takes more memory. What such a provider cannot change
 * is when the senders sent: what arrives within 50 ms was sent over 100.
 *
 * So the pace of a sender's masked, and thereby unforgeable, send times is held against that of their arrivals. A queue that
 * fills slows arrivals down and a constant delay changes nothing. A queue that drains does look like saving up, and a
 * relay that was slow to begin has one: but its link was busy all along, so what arrived since the session began, over
 * the time in which it was sent, bears the reading out. What was saved up was not delivered before, so it does not.
 */

import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import type { Transits } from '../wire/verified.js'
import { lowMedian } from './low-median.js'
import type { Span } from './turns.js'

const WINDOW_MS = 50
/** A window with fewer datagrams says nothing of its pace. */
const MIN_DATAGRAMS = 3
/** What is less than this away from 1 is noise of two clocks. */
const NOISE = 0.03

/**
 * By what a reading of the span is to be multiplied: 1, or the share of a moment's sending that a moment's arrivals are,
 * but no less than the part of the reading that all arrivals up to then bear out.
 * @param transits of one sender's verified datagrams, evenly picked, in any order; sent times from its start
 */
export function hoardingFactor(transits: Transits, span: Span): number {
  const factor = Math.max(pace(transits, span), Math.min(1, borneOut(transits, span)))
  return factor < 1 - NOISE ? factor : 1
}

/** How fast send times went by in the arrivals of a window, in the middle of the windows. */
function pace(transits: Transits, span: Span): number {
  const means = windowMeans(transits, span)
  const paces = means.slice(1).map((mean, i) => {
    const sentMs = mean.sentMs - means[i]!.sentMs
    return sentMs > 0 ? Math.min(1, (mean.arrivedMs - means[i]!.arrivedMs) / sentMs) : 1
  })
  return lowMedian(paces) ?? 1
}

/** What arrived up to the span's end, over the time in which it was sent, beside the rate of the arrivals in the span. */
function borneOut({ sentMs, arrivedMs }: Transits, { fromMs, toMs }: Span): number {
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

/** Mean arrival and mean send time of each window's datagrams: means, because neighbours may have changed places. */
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
 * Of all senders the one in the middle, the lower of two: a minority that lies about its times moves nothing.
 * @param factors of the senders whose data was verified
 */
export const commonFactor = (factors: readonly number[]): number => lowMedian(factors) ?? 1

/**
 * The same of a whole turn of a soak, which has a beginning and an end: the rate at which what has come of it was sent. However
 * long it was held and however it was mixed on the way, it is no more than was brought in while it was being sent.
 * @param datagrams of which the transits may be a part
 */
export function sentRateKbps(datagrams: number, { sentMs }: Transits): number {
  const places = sentMs.length
  if (places < 2) return 0
  let [first, last] = [sentMs[0]!, sentMs[0]!]
  for (const ms of sentMs) {
    first = Math.min(first, ms)
    last = Math.max(last, ms)
  }
  // Between n datagrams lie n − 1 gaps.
  const sent = (datagrams * (places - 1)) / places
  return last > first ? (sent * IP_DATAGRAM_BYTES * 8) / (last - first) : 0
}
