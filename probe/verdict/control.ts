/**
 * Loss and delay of the control datagrams. They share the links of senders and receiver with the main flow, but bypass
 * the provider. If they are lost or delayed, a link of the senders or of the receiver is full, not the provider's.
 * Pure.
 *
 * Of k senders f' may lie, in either direction. So the f' flows that look worst do not count, and at least k − 2f' of
 * the others are honest. Their loss is the mean over the flows, so a flood of clean datagrams weighs no more than one
 * flow. Their delay is the longest.
 */

import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { LOG_INTERVAL_MS } from '../constants.js'
import type { Transits } from '../wire/verified.js'
import { bytesIn, controlKbps, neededSenders } from './share.js'
import type { Span } from './turns.js'

/** Every path delays datagrams somewhat. Control datagrams are held up if their delay exceeds both limits. */
const CONTROL_RISE_MS = 5
const CONTROL_RISE_SHARE = 0.25

/** A low vote needs so many control datagrams from the counted senders together, and so long a span from each. */
const MIN_CONTROL = 100
const MIN_CONTROL_MS = 1000

/**
 * Due time of control datagram n, from the start: a random instant of its own interval. So nobody can predict the next
 * datagram, and the datagrams cover all moments evenly.
 * @param random in [0, 1)
 */
export const controlDueMs = (n: number, rateKbps: number, random: number): number =>
  ((n + random) * IP_DATAGRAM_BYTES) / bytesIn(controlKbps(rateKbps), 1)

/** One sender's control datagrams. */
export interface ControlFlow {
  /** datagrams that had the time to arrive */
  readonly sent: number
  readonly arrived: number
  /** from the first arrival to the last */
  readonly spanMs: number
  readonly riseMs: number
}

/** A control flow as its record shows it. */
export interface ControlReading extends Omit<ControlFlow, 'arrived'> {
  /** on the sender's clock: datagrams that it sent before are no evidence */
  readonly fromMs: number
}

/** The control datagrams that a sender sent in its turn of a soak. */
export interface TurnControl {
  readonly sent: number
  readonly arrived: number
  /** typical delay of these datagrams, above the shortest transit of the whole session */
  readonly riseMs: number
}

/** The counted flows together. */
export interface ControlPath {
  readonly lossShare: number
  readonly riseMs: number
}

/**
 * A flow's median transit minus its shortest. The clocks of both ends need not agree, because every transit contains
 * the same offset. A queue that was full all the time does not show here; it shows as loss.
 */
export function delayRiseMs(transits: Transits): number {
  const sorted = Float64Array.from(transits.arrivedMs, (arrived, i) => arrived - transits.sentMs[i]!).sort()
  return sorted.length === 0 ? 0 : sorted[sorted.length >> 1]! - sorted[0]!
}

/**
 * The delay that the way through the provider adds, in ms: the data's median transit, above the shortest transit of the
 * same sender's control datagrams. So a queue that was full all the time shows. Undefined without either of the two.
 */
export function addedDelayMs(main: Transits, control: Transits): number | undefined {
  const sorted = transitsOf(main).sort()
  const shortest = shortestOf(transitsOf(control))
  return sorted.length === 0 || shortest === undefined ? undefined : Math.max(0, sorted[sorted.length >> 1]! - shortest)
}

const transitsOf = ({ sentMs, arrivedMs }: Transits): Float64Array =>
  Float64Array.from(arrivedMs, (arrived, i) => arrived - sentMs[i]!)

const shortestOf = (transits: Float64Array): number | undefined =>
  transits.length === 0 ? undefined : transits.reduce((least, transit) => Math.min(least, transit))

/** How many verified datagrams were sent from this time on. The transits may be a sample of the datagrams. */
export function arrivedSince(
  { datagrams, transits: { sentMs } }: { readonly datagrams: number; readonly transits: Transits },
  fromMs: number,
): number {
  const since = sentMs.filter(ms => ms >= fromMs).length
  return Math.round((since * datagrams) / Math.max(1, sentMs.length))
}

/**
 * The control datagrams beside a reading. A shared link that was full before, while the provider's queue still held the
 * data back, is no evidence about the reading, nor is one that was free.
 * @param verified datagrams whose bytes match the sender's commitment; the transits may be a sample of them
 * @param highest sequence number that arrived, or −1
 * @param log the sender's own count for each interval
 * @param span in which the datagrams arrived, on the receiver's clock
 * @returns undefined if nothing arrived at all, or if the log contradicts the arrivals
 */
export function controlFlow(
  { datagrams, transits }: { readonly datagrams: number; readonly transits: Transits },
  highest: number,
  log: readonly number[],
  span: Span,
): ControlReading | undefined {
  const shortest = shortestOf(transitsOf(transits))
  if (datagrams === 0 || shortest === undefined || highest >= sum(log)) return undefined
  // The intervals whose datagrams would arrive within the span by the shortest transit, with the one at its beginning.
  const first = Math.min(log.length, Math.max(0, Math.floor((span.fromMs - shortest) / LOG_INTERVAL_MS)))
  const end = Math.max(first, Math.floor((span.toMs - shortest) / LOG_INTERVAL_MS))
  const fromMs = first * LOG_INTERVAL_MS
  const sent = Math.max(sum(log.slice(first, end)), highest + 1 - sum(log.slice(0, first)))
  const own = transits.arrivedMs
    .map((arrivedMs, i) => ({ arrivedMs, sentMs: transits.sentMs[i]! }))
    .filter(({ sentMs }) => sentMs >= fromMs)
  const rises = Float64Array.from(own, ({ arrivedMs, sentMs }) => arrivedMs - sentMs - shortest).sort()
  const [firstMs, lastMs] = own.reduce(
    ([least, most], { arrivedMs }) => [Math.min(least, arrivedMs), Math.max(most, arrivedMs)],
    [Number.POSITIVE_INFINITY, 0],
  )
  return {
    ...{ sent, fromMs, riseMs: rises[rises.length >> 1] ?? 0 },
    spanMs: own.length === 0 ? 0 : lastMs! - firstMs!,
  }
}

const sum = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0)

/** @param mainMs delay of the data through the provider */
export const isHeldUpBy = (controlMs: number, mainMs: number): boolean =>
  controlMs > Math.max(CONTROL_RISE_MS, CONTROL_RISE_SHARE * mainMs)

/** @param turn on the sender's clock. @returns undefined if nothing was sent, or if more arrived than the log shows */
export function turnControl(
  { datagrams, transits }: { readonly datagrams: number; readonly transits: Transits },
  log: readonly number[],
  turn: Span,
): TurnControl | undefined {
  const { sentMs, arrivedMs } = transits
  const first = Math.ceil(turn.fromMs / LOG_INTERVAL_MS)
  const end = Math.floor(turn.toMs / LOG_INTERVAL_MS)
  const sent = log.slice(first, end).reduce((sum, n) => sum + n, 0)
  const isInTurn = (ms: number): boolean => ms >= first * LOG_INTERVAL_MS && ms < end * LOG_INTERVAL_MS
  const all = Float64Array.from(arrivedMs, (arrived, i) => arrived - sentMs[i]!)
  const own = all.filter((_, i) => isInTurn(sentMs[i]!)).sort()
  const arrived = Math.round((own.length * datagrams) / Math.max(1, all.length))
  if (sent === 0 || arrived > sent) return undefined
  const shortest = all.reduce((least, transit) => Math.min(least, transit), Number.POSITIVE_INFINITY)
  return { sent, arrived, riseMs: own.length === 0 ? 0 : own[own.length >> 1]! - shortest }
}

/**
 * Whether enough of the k senders have each shown their part of the evidence. No flow can stand in for another.
 * @param needed k − f', less the senders that the provider refused
 */
export const isEnoughControl = (
  flows: readonly (Pick<ControlFlow, 'sent' | 'spanMs'> | undefined)[],
  needed = neededSenders(flows.length),
): boolean => flows.filter(flow => flow !== undefined && isLongEnough(flow, flows.length)).length >= needed

/**
 * @param flows one for each of the k senders, in any order
 * @param needed k − f', less the senders that the provider refused
 * @returns undefined if too few flows count
 */
export function controlPath(
  flows: readonly (ControlFlow | undefined)[],
  needed = neededSenders(flows.length),
): ControlPath | undefined {
  const k = flows.length
  const counted = flows.filter(flow => flow !== undefined).filter(flow => isLongEnough(flow, k))
  if (counted.length < needed) return undefined
  const best = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b).slice(0, needed)
  const losses = best(counted.map(({ sent, arrived }) => Math.max(0, 1 - arrived / sent)))
  const rises = best(counted.map(flow => flow.riseMs))
  return { lossShare: losses.reduce((sum, loss) => sum + loss, 0) / needed, riseMs: rises.at(-1)! }
}

const isLongEnough = ({ sent, spanMs }: Pick<ControlFlow, 'sent' | 'spanMs'>, k: number): boolean =>
  sent * neededSenders(k) >= MIN_CONTROL && spanMs >= MIN_CONTROL_MS
